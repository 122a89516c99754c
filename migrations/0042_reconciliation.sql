-- A report is one of a provider's period: the same bytes for another period are another report. `superseded`: the days of
-- which a report that came later speaks; of these days its lines no longer count.
alter table settlement_report
  drop constraint settlement_report_once,
  add constraint settlement_report_once unique (provider, period_start, period_end, sha256),
  add column superseded datemultirange not null default '{}';

update settlement_report older
set superseded = later.days
from (
  select one.id, range_agg(daterange(other.period_start, other.period_end, '[]')) as days
  from settlement_report one
  join settlement_report other
    on other.provider = one.provider and other.loaded_at > one.loaded_at and other.sha256 is not null
   and daterange(other.period_start, other.period_end, '[]') && daterange(one.period_start, one.period_end, '[]')
  group by one.id
) later
where later.id = older.id;

-- Refunds and fees are lines too.
alter table settlement_line drop constraint settlement_line_amount_positive;

-- The providers' current word: the lines of each day in the last report that speaks of it.
create view current_settlement_line as
select line.report_id, report.loaded_at, report.provider, line.provider_payment_id, line.amount_minor, line.currency, line.settled_on,
       case when line.amount_minor > 0 then 'payment' when line.amount_minor < 0 then 'refund' else 'fee' end as kind
from settlement_line line
join settlement_report report on report.id = line.report_id
where not report.superseded @> least(greatest(line.settled_on, report.period_start), report.period_end);

-- Captured payments that no report has, and that nobody was told are missing there.
create table unsettled_payment (
  provider            text        not null,
  provider_payment_id text        not null,
  captured_at         timestamptz not null,
  constraint unsettled_payment_pkey primary key (provider, provider_payment_id)
);

insert into unsettled_payment (provider, provider_payment_id, captured_at)
select provider, provider_payment_id, captured_at
from payment
where status = 'captured'
  and not exists (
    select from current_settlement_line line
    where line.provider = payment.provider and line.provider_payment_id = payment.provider_payment_id
      and line.kind = 'payment'
  )
  and not exists (
    select from payment_mismatch known
    where known.provider = payment.provider and known.provider_payment_id = payment.provider_payment_id
      and known.kind = 'missing-there' and known.resolved_at is null
  );

-- A recorded capture is reconciled, also after its day was.
create function note_unsettled_payments() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into unsettled_payment (provider, provider_payment_id, captured_at)
    select provider, provider_payment_id, captured_at from written where status = 'captured'
    on conflict do nothing;
  else
    insert into unsettled_payment (provider, provider_payment_id, captured_at)
    select written.provider, written.provider_payment_id, written.captured_at
    from written
    join replaced using (id)
    where written.status = 'captured' and replaced.status <> 'captured'
    on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger payment_note_unsettled after insert on payment
referencing new table as written for each statement execute function note_unsettled_payments();
create trigger payment_note_captured after update on payment
referencing new table as written old table as replaced for each statement execute function note_unsettled_payments();

-- `resolved_by`: `facts` when a report or a webhook set it right, `operator` with a reason.
alter table payment_mismatch
  add column resolved_by       text,
  add column resolution_reason text,
  add column changed_at        timestamptz;
update payment_mismatch set resolved_by = 'facts' where resolved_at is not null;
update payment_mismatch set changed_at = coalesce(resolved_at, found_at);
alter table payment_mismatch
  alter column changed_at set not null,
  add constraint payment_mismatch_resolved_whole check (
    (resolved_at is null) = (resolved_by is null) and (resolution_reason is null) = (resolved_by is distinct from 'operator')
  ),
  add constraint payment_mismatch_resolver_known check (resolved_by in ('facts', 'operator'));

-- Each change of a mismatch, in its order, and when others were told. Rows are only added.
create table payment_mismatch_change (
  id             bigint      not null generated always as identity,
  mismatch_id    uuid        not null,
  change         text        not null,
  at             timestamptz not null,
  report_id      uuid        not null,
  ours_minor     bigint,
  ours_currency  text,
  theirs_minor   bigint,
  theirs_currency text,
  -- The operator's action that resolved it.
  action_id      uuid,
  announced_at   timestamptz,
  constraint payment_mismatch_change_pkey     primary key (id),
  constraint payment_mismatch_change_mismatch foreign key (mismatch_id) references payment_mismatch (id),
  constraint payment_mismatch_change_known    check (change in ('found', 'changed', 'resolved', 'reopened'))
);

create index payment_mismatch_change_of_mismatch on payment_mismatch_change (mismatch_id, id);
-- Changes without an event yet.
create index payment_mismatch_change_unannounced on payment_mismatch_change (id) where announced_at is null;

insert into payment_mismatch_change (
  mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, announced_at
)
select id, 'found', found_at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, announced_at
from payment_mismatch;
insert into payment_mismatch_change (
  mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
)
select id, 'resolved', resolved_at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
from payment_mismatch where resolved_at is not null;

-- Changes are told, not mismatches.
drop index payment_mismatch_unannounced;
alter table payment_mismatch drop column announced_at;
