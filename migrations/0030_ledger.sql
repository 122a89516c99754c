-- The ledger of what tenants are billed: one row for each thing that was taken or given back, with the line that says
-- so. Entries of a thing form a chain, and each is followed once: nothing is taken or given back twice, in no order of
-- invoices, disputes, refunds and credit notes.

-- Documents: a credit note takes back an invoice or one of its lines; a corrected invoice takes the place of a credited
-- one, so that a month has one invoice that stands.
alter table invoice_line
  -- The line of the invoice that a credit note takes back; null for taxes.
  add column credits_position integer,
  -- The notes of an invoice round together, so that they sum up to its tax.
  drop constraint invoice_line_tax,
  add constraint invoice_line_tax check (
    kind <> 'tax' or abs(amount_minor - divide_half_even(unit_minor::numeric * rate_basis_points, 10000)) <= 2
  );

alter table invoice_line disable trigger invoice_line_frozen;
update invoice_line line set credits_position = position
from invoice note
where note.id = line.invoice_id and note.kind = 'credit-note' and line.kind <> 'tax';
alter table invoice_line enable trigger invoice_line_frozen;

drop index invoice_line_period_once;
drop index invoice_line_dispute_once;
drop index invoice_credited_once;
alter table invoice
  add column credits_position integer,
  add column replaces         uuid,
  drop constraint invoice_once,
  add constraint invoice_credits_position check (credits_position is null or credits is not null),
  add constraint invoice_credits_line     foreign key (credits, credits_position) references invoice_line (invoice_id, position),
  add constraint invoice_replaces         foreign key (replaces) references invoice (id),
  add constraint invoice_replaces_invoice check (kind = 'invoice' or replaces is null);
create unique index invoice_once on invoice (tenant_id, period_start, currency, replaces) nulls not distinct
  where kind = 'invoice';
-- An invoice is taken back whole once, and each of its lines once; most of them never are.
create unique index invoice_credited_once on invoice (credits, credits_position) nulls not distinct
  where credits is not null;
-- A credited invoice has one successor; most have none.
create unique index invoice_replaced_once on invoice (replaces) where replaces is not null;

-- A note without taxes is possible: what was paid is given back as it was paid.
create or replace function check_invoice_lines() returns trigger language plpgsql as $$
begin
  if exists (
    select from invoice
    join lateral (
      select count(*) as lines, coalesce(sum(amount_minor) filter (where kind <> 'tax'), 0) as net,
             coalesce(sum(amount_minor) filter (where kind = 'tax'), 0) as tax
      from invoice_line where invoice_id = invoice.id
    ) written on true
    where invoice.id in (select invoice_id from added)
      and (lines, net, tax) is distinct from (line_count, net_minor, tax_minor)
  ) then
    raise exception 'an invoice is not the sum of its lines' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

-- Numbers of a series are in the order of issue.
alter table invoice_series add column last_issued_at timestamptz not null default '-infinity';
update invoice_series
set last_issued_at = coalesce((select max(issued_at) from invoice where invoice.series = invoice_series.series), '-infinity');

create table ledger_entry (
  -- A period of a subscription or a charge, which is owed; or a payment, of which a verdict gives back.
  kind            text    not null,
  source_id       uuid    not null,
  -- The first day of a period; the others have none.
  starts_on       date    not null,
  -- Counts the entries of a thing.
  turn            integer not null,
  tenant_id       uuid    not null,
  currency        text    not null,
  -- Before taxes; below zero where it is given back.
  amount_minor    bigint  not null,
  -- The sum of the thing's entries up to this one.
  balance_minor   bigint  not null,
  -- The line that takes or gives it.
  invoice_id      uuid    not null,
  position        integer not null,
  -- The verdict that gives it back, or whose credit is withdrawn.
  dispute_id      uuid,
  -- Given back by a credit note, to be billed again.
  due_again       boolean not null default false,
  before_minor    bigint  not null generated always as (balance_minor - amount_minor) stored,
  follows_turn    integer generated always as (nullif(turn, 1) - 1) stored,
  subscription_id uuid    generated always as (case when kind = 'period'  then source_id end) stored,
  charge_id       uuid    generated always as (case when kind = 'charge'  then source_id end) stored,
  payment_id      uuid    generated always as (case when kind = 'payment' then source_id end) stored,
  constraint ledger_entry_pkey         primary key (kind, source_id, starts_on, turn),
  constraint ledger_entry_kind_known   check (kind in ('period', 'charge', 'payment')),
  constraint ledger_entry_day          check ((kind = 'period') = (starts_on <> '-infinity')),
  constraint ledger_entry_counts       check (turn > 0 and (turn > 1 or before_minor = 0)),
  constraint ledger_entry_amount       check (amount_minor <> 0),
  -- A period or a charge is owed whole or not at all.
  constraint ledger_entry_whole        check (kind = 'payment' or (balance_minor >= 0 and before_minor >= 0
                                         and (balance_minor = 0) <> (before_minor = 0))),
  -- A payment is given back, never taken.
  constraint ledger_entry_payment      check (kind <> 'payment' or (balance_minor <= 0 and dispute_id is not null)),
  constraint ledger_entry_due_again    check (not due_again or balance_minor = 0),
  constraint ledger_entry_chain        unique (kind, source_id, starts_on, turn, balance_minor, tenant_id, currency),
  constraint ledger_entry_follows      foreign key (kind, source_id, starts_on, follows_turn, before_minor, tenant_id, currency)
                                       references ledger_entry (kind, source_id, starts_on, turn, balance_minor, tenant_id, currency),
  constraint ledger_entry_line         foreign key (invoice_id, position) references invoice_line (invoice_id, position),
  constraint ledger_entry_dispute      foreign key (dispute_id) references dispute (id),
  constraint ledger_entry_subscription foreign key (subscription_id, tenant_id) references tenant_subscription (id, tenant_id),
  constraint ledger_entry_charge       foreign key (charge_id) references performance_charge (id),
  constraint ledger_entry_payment_id   foreign key (payment_id) references payment (id)
);

create index ledger_entry_of_line on ledger_entry (invoice_id, position);
-- The few things that credit notes made due again.
create index ledger_entry_due_again on ledger_entry (tenant_id) where due_again;

-- Older documents: an invoice takes, a dispute's line gives back, a note takes back either. A thing that was given back
-- twice has one entry for it, the dispute's.
with note as (select id, credits from invoice where kind = 'credit-note'),
period as (
  select line.source_id, line.starts_on, invoice.tenant_id, invoice.currency, line.amount_minor, invoice.id, line.position,
         note.id as note_id
  from invoice_line line join invoice on invoice.id = line.invoice_id and invoice.kind = 'invoice'
  left join note on note.credits = invoice.id
  where line.kind = 'subscription' and line.source_id is not null
),
dispute_line as (
  select dispute.id as dispute_id, dispute.charge_id, dispute.payment_id, invoice.tenant_id, invoice.currency,
         line.amount_minor, invoice.id, line.position, note.id as note_id
  from invoice_line line join invoice on invoice.id = line.invoice_id and invoice.kind = 'invoice'
  join dispute on dispute.id = line.source_id
  left join note on note.credits = invoice.id
  where line.kind = 'dispute'
),
charge as (
  select charge.id as source_id, charge.tenant_id, charge.currency, charge.amount_minor, invoice.id, line.position,
         note.id as note_id, back.dispute_id, back.id as back_id, back.position as back_position,
         back.note_id as back_note_id
  from performance_charge charge
  join invoice on invoice.id = charge.invoice_id
  join tenant on tenant.id = charge.tenant_id
  cross join lateral (
    select position from invoice_line
    where invoice_id = invoice.id and kind = 'charge' and detail = charge.kind and unit_minor = charge.amount_minor
    order by starts_on <> date_trunc('month', charge.occurred_at at time zone zone_or_utc(time_zone))::date, position
    limit 1
  ) line
  left join note on note.credits = invoice.id
  left join dispute_line back on back.charge_id = charge.id
),
entry (kind, source_id, starts_on, rank, tenant_id, currency, amount_minor, invoice_id, position, dispute_id) as (
  select 'period', source_id, starts_on, 1, tenant_id, currency, amount_minor, id, position, null::uuid from period
  union all
  select 'period', source_id, starts_on, 2, tenant_id, currency, -amount_minor, note_id, position, null
  from period where note_id is not null
  union all
  select 'charge', source_id, '-infinity', 1, tenant_id, currency, amount_minor, id, position, null from charge
  union all
  select 'charge', source_id, '-infinity', 2, tenant_id, currency, -amount_minor, back_id, back_position, dispute_id
  from charge where back_id is not null
  union all
  select 'charge', source_id, '-infinity', 3, tenant_id, currency, amount_minor, back_note_id, back_position, dispute_id
  from charge where back_note_id is not null
  union all
  select 'charge', source_id, '-infinity', 4, tenant_id, currency, -amount_minor, note_id, position, null
  from charge where note_id is not null and (back_id is null or back_note_id is not null)
  union all
  select 'payment', payment_id, '-infinity', 1, tenant_id, currency, amount_minor, id, position, dispute_id
  from dispute_line where payment_id is not null
  union all
  select 'payment', payment_id, '-infinity', 2, tenant_id, currency, -amount_minor, note_id, position, dispute_id
  from dispute_line where payment_id is not null and note_id is not null
)
insert into ledger_entry (
  kind, source_id, starts_on, turn, tenant_id, currency, amount_minor, balance_minor, invoice_id, position, dispute_id
)
select kind, source_id, starts_on, row_number() over chain, tenant_id, currency, amount_minor,
       sum(amount_minor) over chain, invoice_id, position, dispute_id
from entry
window chain as (partition by kind, source_id, starts_on order by rank);

create trigger ledger_entry_frozen before update or delete or truncate on ledger_entry execute function refuse_change();
