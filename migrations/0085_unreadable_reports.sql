-- `unreadable`: a signed report of which nothing could be recorded, or not its time. `detail` names the fields.
alter table payment_mismatch
  add column detail text,
  drop constraint payment_mismatch_kind_known,
  add constraint payment_mismatch_kind_known check (kind in (
    'missing-here', 'missing-there', 'amount-differs', 'currency-differs', 'duplicate', 'owner-differs', 'refund-differs', 'unreadable'
  ));
