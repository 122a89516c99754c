-- The attributions that a case is about: by them its ambassadors earned from themselves.
create table fraud_case_attribution (
  case_id        uuid not null,
  attribution_id uuid not null,
  constraint fraud_case_attribution_pkey        primary key (case_id, attribution_id),
  constraint fraud_case_attribution_case        foreign key (case_id)        references fraud_case (id),
  constraint fraud_case_attribution_attribution foreign key (attribution_id) references attribution (id)
);

-- Cases that are open now. The next night adds what cards tell.
insert into fraud_case_attribution (case_id, attribution_id)
select fraud_case.id, attribution.id
from fraud_case
join attribution on attribution.ambassador_user_id = fraud_case.subject_id
join tenant_person person on person.tenant_id = attribution.tenant_id and person.user_id = attribution.ambassador_user_id
where fraud_case.subject_kind = 'ambassador' and fraud_case.status = 'open'
union
select fraud_case.id, attribution.id
from fraud_case
join fraud_ring_member ambassador on ambassador.ring_id = fraud_case.subject_id
join attribution on attribution.ambassador_user_id = ambassador.user_id
join tenant on tenant.id = attribution.tenant_id
join fraud_ring_member owner on owner.ring_id = fraud_case.subject_id and owner.user_id = tenant.owner_user_id
where fraud_case.subject_kind = 'ring' and fraud_case.status = 'open';

-- A confirmed case stops its attributions: nothing is earned by one while a stop stands.
create table attribution_stop (
  case_id        uuid        not null,
  attribution_id uuid        not null,
  stopped_at     timestamptz not null,
  -- The last day before any stop; null is until further notice.
  agreed_ends_on date,
  lifted_at      timestamptz,
  constraint attribution_stop_pkey  primary key (case_id, attribution_id),
  constraint attribution_stop_about foreign key (case_id, attribution_id) references fraud_case_attribution (case_id, attribution_id),
  constraint attribution_stop_later check (lifted_at >= stopped_at)
);

-- The query of a new commission.
create index attribution_stop_standing on attribution_stop (attribution_id) where lifted_at is null;

-- A verdict takes a line back, and its reversal gives the line back, each with a line of its own: the opposite amount of
-- one line, once.
alter table commission
  add column case_id        uuid,
  add column reverses_id    uuid,
  add column reversed_minor bigint generated always as (case when reverses_id is not null then -amount_minor end) stored,
  drop constraint commission_kind_known,
  drop constraint commission_sign,
  add constraint commission_kind_known    check (kind ~ '^(payment|(refund|dispute|verdict|reversal):[0-9a-f-]{36})$'),
  add constraint commission_sign          check (amount_minor <> 0 and (reverses_id is not null or (kind = 'payment') = (amount_minor > 0))),
  add constraint commission_case          foreign key (case_id) references fraud_case (id),
  add constraint commission_verdict_whole check ((case_id is null) = (reverses_id is null)
                                             and (reverses_id is null) = (kind !~ '^(verdict|reversal):')),
  add constraint commission_amount        unique (id, payment_id, amount_minor),
  add constraint commission_reversed_once unique (reverses_id),
  add constraint commission_reverses      foreign key (reverses_id, payment_id, reversed_minor)
                                          references commission (id, payment_id, amount_minor);

-- A confirmed case holds payouts until it is settled. A reversed one has given back what it took.
alter table fraud_case
  add column settled_at      timestamptz,
  add column settled_by      uuid,
  add column settled_reason  text,
  add column reversed_at     timestamptz,
  add column reversed_by     uuid,
  add column reversed_reason text,
  drop constraint fraud_case_status_known,
  add constraint fraud_case_status_known   check (status in ('open', 'dismissed', 'confirmed', 'reversed')),
  add constraint fraud_case_settled_whole  check ((settled_at is null) = (settled_by is null) and (settled_at is null) = (settled_reason is null)),
  add constraint fraud_case_settled_after  check (settled_at is null or status in ('confirmed', 'reversed')),
  add constraint fraud_case_reversed_whole check ((status = 'reversed') = (reversed_at is not null)
                                              and (reversed_at is null) = (reversed_by is null)
                                              and (reversed_at is null) = (reversed_reason is null));
