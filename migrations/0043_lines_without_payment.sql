-- A refund or fee may belong to no single payment.
alter table settlement_line
  alter column provider_payment_id drop not null,
  drop constraint settlement_line_payment_id,
  add constraint settlement_line_payment_id check (
    (amount_minor <= 0 or coalesce(provider_payment_id, '') <> '') and length(provider_payment_id) <= 200
  );
