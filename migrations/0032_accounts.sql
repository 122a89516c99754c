-- Payments are applied to invoices. All of it follows from the documents, the payments and the ledger: nothing is stored
-- that could disagree with them.

-- A captured payment: what is left of it after refunds and after credits that gave it back on an invoice, and whether it
-- is in the currency in which its subscription or its tenant is billed. Another one pays nothing.
create view payment_standing as
select payment.id as payment_id, payment.tenant_id, payment.currency, payment.captured_at,
       payment.amount_minor
         - coalesce((select sum(amount_minor) from refund where refund.payment_id = payment.id), 0)::bigint
         + coalesce((
             select balance_minor from ledger_entry
             where kind = 'payment' and source_id = payment.id and starts_on = '-infinity'
             order by turn desc
             limit 1
           ), 0) as kept_minor,
       payment.currency = coalesce(subscription.currency, tenant.currency) as is_applied
from payment
join tenant on tenant.id = payment.tenant_id
left join tenant_subscription subscription on subscription.id = payment.subscription_id
where payment.status = 'captured';

-- A tenant's account in a currency. Above zero, `billed - received` is due, and below zero it is an excess.
create view tenant_account as
select tenant_id, currency, billed_minor, received_minor,
       greatest(billed_minor - received_minor, 0) as due_minor,
       greatest(received_minor - billed_minor, 0) as excess_minor
from (
  select tenant_id, currency, sum(billed)::bigint as billed_minor, sum(received)::bigint as received_minor
  from (
    select tenant_id, currency, total_minor as billed, 0 as received from invoice
    union all
    select tenant_id, currency, 0, kept_minor from payment_standing where is_applied
  ) as movement
  group by tenant_id, currency
) as sums;

-- An invoice: what its credit notes left of it, and how far payments and credits of its tenant reach, the oldest first.
-- An invoice below zero is a credit: it pays for others.
create view invoice_standing as
select id as invoice_id, tenant_id, currency, credited_minor, owed_minor, paid_minor, owed_minor - paid_minor as due_minor
from (
  select owed.*,
         case when owed_minor <= 0 then owed_minor
              else greatest(0, least(owed_minor, coalesce(received, 0) + credits - before_minor)) end as paid_minor
  from (
    select invoice.id, tenant_id, currency, noted.minor as credited_minor, total_minor - noted.minor as owed_minor,
           (sum(greatest(0, noted.minor - total_minor)) over account)::bigint as credits,
           (sum(greatest(0, total_minor - noted.minor)) over (account order by issued_at, invoice.id)
             - greatest(0, total_minor - noted.minor))::bigint as before_minor
    from invoice
    cross join lateral (
      select coalesce(-sum(note.total_minor), 0)::bigint as minor from invoice note where note.credits = invoice.id
    ) noted
    where kind = 'invoice'
    window account as (partition by tenant_id, currency)
  ) as owed
  left join lateral (
    select sum(kept_minor)::bigint as received from payment_standing
    where payment_standing.tenant_id = owed.tenant_id and payment_standing.currency = owed.currency and is_applied
  ) as paid on true
) as applied;

-- Disagreements of invoices and payments: amounts due or too much, and payments in a wrong currency.
create view account_mismatch as
select tenant_id, currency, 'due' as kind, due_minor as amount_minor, null::uuid as payment_id
from tenant_account where due_minor > 0
union all
select tenant_id, currency, 'excess', excess_minor, null from tenant_account where excess_minor > 0
union all
select tenant_id, currency, 'wrong-currency', kept_minor, payment_id from payment_standing
where not is_applied and kept_minor <> 0;
