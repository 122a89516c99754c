-- A webhook raises mismatches too. One of a webhook has no report until a report speaks of its payment.
-- `owner-differs`: the provider named another tenant or subscription. `refund-differs`: a refund that can't be true.
alter table payment_mismatch
  alter column report_id drop not null,
  add column webhook_id text,
  add constraint payment_mismatch_source check (report_id is not null or webhook_id is not null),
  drop constraint payment_mismatch_kind_known,
  add constraint payment_mismatch_kind_known check (kind in (
    'missing-here', 'missing-there', 'amount-differs', 'currency-differs', 'duplicate', 'owner-differs', 'refund-differs'
  ));
alter table payment_mismatch_change alter column report_id drop not null;

-- Refunds whose capture has not come yet. A capture takes them along.
create table early_refund (
  provider            text        not null,
  provider_payment_id text        not null,
  provider_refund_id  text        not null,
  amount_minor        bigint      not null,
  currency            text        not null,
  refunded_at         timestamptz not null,
  received_at         timestamptz not null,
  -- The first delivery that reported the refund, and the number of deliveries.
  webhook_id          text        not null,
  deliveries          integer     not null default 1,
  -- When the refund became a mismatch.
  raised_at           timestamptz,
  constraint early_refund_pkey            primary key (provider, provider_payment_id, provider_refund_id),
  constraint early_refund_amount_positive check (amount_minor > 0)
);

-- The hourly job raises what waited for an hour.
create index early_refund_to_raise on early_refund (received_at) where raised_at is null;
