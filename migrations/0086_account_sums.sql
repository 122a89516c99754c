-- Sums of accounts are numbers without a bound until they are shown, so that one tenant's sums end no list about all tenants.
create or replace view payment_standing as
select payment.id as payment_id, payment.tenant_id, payment.currency, payment.captured_at,
       nearest_bigint(
         payment.amount_minor
           - coalesce((select sum(amount_minor) from refund where refund.payment_id = payment.id), 0)
           + coalesce((
               select balance_minor from ledger_entry
               where kind = 'payment' and source_id = payment.id and starts_on = '-infinity'
               order by turn desc
               limit 1
             ), 0)
       ) as kept_minor,
       payment.currency = coalesce(subscription.currency, tenant.currency) as is_applied
from payment
join tenant on tenant.id = payment.tenant_id
left join tenant_subscription subscription on subscription.id = payment.subscription_id
where payment.status = 'captured';

create or replace view tenant_account as
select tenant_id, currency, nearest_bigint(billed) as billed_minor, nearest_bigint(received) as received_minor,
       nearest_bigint(greatest(billed - received, 0)) as due_minor,
       nearest_bigint(greatest(received - billed, 0)) as excess_minor
from (
  select tenant_id, currency, sum(billed) as billed, sum(received) as received
  from (
    select tenant_id, currency, total_minor as billed, 0 as received from invoice
    union all
    select tenant_id, currency, 0, kept_minor from payment_standing where is_applied
  ) as movement
  group by tenant_id, currency
) as sums;

create or replace view invoice_standing as
select id as invoice_id, tenant_id, currency, nearest_bigint(credited) as credited_minor, nearest_bigint(owed) as owed_minor,
       nearest_bigint(paid) as paid_minor, nearest_bigint(owed - paid) as due_minor
from (
  select account.*,
         case when owed <= 0 then owed else greatest(0, least(owed, coalesce(received, 0) + credits - before)) end as paid
  from (
    select invoice.id, tenant_id, currency, noted.minor as credited, total_minor - noted.minor as owed,
           sum(greatest(0, noted.minor - total_minor)) over account as credits,
           sum(greatest(0, total_minor - noted.minor)) over (account order by issued_at, invoice.id)
             - greatest(0, total_minor - noted.minor) as before
    from invoice
    cross join lateral (
      select coalesce(-sum(note.total_minor), 0) as minor from invoice note where note.credits = invoice.id
    ) noted
    where kind = 'invoice'
    window account as (partition by tenant_id, currency)
  ) as account
  left join lateral (
    select sum(kept_minor) as received from payment_standing
    where payment_standing.tenant_id = account.tenant_id and payment_standing.currency = account.currency and is_applied
  ) as payments on true
) as applied;
