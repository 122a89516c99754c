-- Money: what tenants pay and owe, what ambassadors earn from it, and what they are paid. Amounts are minor units of an
-- ISO 4217 currency, which stands beside them. Trusted since PostgreSQL 13: the database's owner may create it.
create extension if not exists btree_gist;

create table tenant_subscription (
  id          uuid        not null,
  tenant_id   uuid        not null,
  plan        text        not null,
  period      text        not null,
  price_minor bigint      not null,
  currency    text        not null,
  starts_on   date        not null,
  ended_on    date,
  created_at  timestamptz not null,
  constraint tenant_subscription_pkey             primary key (id),
  constraint tenant_subscription_tenant           foreign key (tenant_id) references tenant (id),
  constraint tenant_subscription_of_tenant        unique (id, tenant_id),
  constraint tenant_subscription_period_known     check (period in ('monthly', 'yearly')),
  constraint tenant_subscription_price_positive   check (price_minor > 0),
  constraint tenant_subscription_currency_alpha_3 check (currency ~ '^[A-Z]{3}$'),
  constraint tenant_subscription_ends_after_start check (ended_on >= starts_on)
);

-- A tenant has one that has not ended.
create unique index tenant_subscription_one_active on tenant_subscription (tenant_id) where ended_on is null;
create index tenant_subscription_list on tenant_subscription (tenant_id, id);

-- One row for a payment of a provider, however often and in whatever order the provider tells of it.
create table payment (
  id                  uuid        not null,
  provider            text        not null,
  provider_payment_id text        not null,
  tenant_id           uuid        not null,
  subscription_id     uuid,
  amount_minor        bigint      not null,
  currency            text        not null,
  status              text        not null,
  -- Keyed: tells equal cards from others, and no card.
  instrument_hash     text,
  failure_reason      text,
  captured_at         timestamptz,
  created_at          timestamptz not null,
  constraint payment_pkey             primary key (id),
  constraint payment_once             unique (provider, provider_payment_id),
  constraint payment_tenant           foreign key (tenant_id) references tenant (id),
  constraint payment_subscription     foreign key (subscription_id, tenant_id)
                                      references tenant_subscription (id, tenant_id),
  constraint payment_status_known     check (status in ('failed', 'captured')),
  constraint payment_amount_positive  check (amount_minor > 0),
  constraint payment_currency_alpha_3 check (currency ~ '^[A-Z]{3}$'),
  constraint payment_captured_whole   check ((status = 'captured') = (captured_at is not null))
);

-- What a new attribution looks through: only what was captured earns.
create index payment_of_tenant on payment (tenant_id, captured_at) where status = 'captured';

create table refund (
  id                 uuid        not null,
  payment_id         uuid        not null,
  provider_refund_id text        not null,
  amount_minor       bigint      not null,
  refunded_at        timestamptz not null,
  constraint refund_pkey            primary key (id),
  constraint refund_once            unique (payment_id, provider_refund_id),
  constraint refund_payment         foreign key (payment_id) references payment (id),
  constraint refund_amount_positive check (amount_minor > 0)
);

create table performance_charge (
  id           uuid        not null,
  tenant_id    uuid        not null,
  kind         text        not null,
  source_id    uuid        not null,
  amount_minor bigint      not null,
  currency     text        not null,
  occurred_at  timestamptz not null,
  constraint performance_charge_pkey             primary key (id),
  constraint performance_charge_once             unique (kind, source_id),
  constraint performance_charge_tenant           foreign key (tenant_id) references tenant (id),
  constraint performance_charge_kind_known       check (kind in ('qualified-lead', 'whatsapp-click', 'closed-ticket')),
  constraint performance_charge_amount_positive  check (amount_minor > 0),
  constraint performance_charge_currency_alpha_3 check (currency ~ '^[A-Z]{3}$')
);

create index performance_charge_list on performance_charge (tenant_id, id);

create table dispute (
  id           uuid        not null,
  tenant_id    uuid        not null,
  charge_id    uuid,
  payment_id   uuid,
  amount_minor bigint      not null,
  currency     text        not null,
  reason       text        not null,
  status       text        not null default 'open',
  opened_at    timestamptz not null,
  resolved_at  timestamptz,
  resolved_by  uuid,
  constraint dispute_pkey           primary key (id),
  constraint dispute_once_a_charge  unique (charge_id),
  constraint dispute_once_a_payment unique (payment_id),
  constraint dispute_tenant         foreign key (tenant_id) references tenant (id),
  constraint dispute_charge         foreign key (charge_id) references performance_charge (id),
  constraint dispute_payment        foreign key (payment_id) references payment (id),
  constraint dispute_one_target     check (num_nonnulls(charge_id, payment_id) = 1),
  constraint dispute_status_known   check (status in ('open', 'won', 'lost')),
  constraint dispute_resolved_whole check ((status = 'open') = (resolved_at is null)
                                      and (resolved_at is null) = (resolved_by is null))
);

-- Terms hold from their day until the next ones of the plan; they are never edited.
create table commission_plan (
  plan_id           uuid    not null,
  starts_on         date    not null,
  name              text    not null,
  rate_basis_points integer not null,
  -- The most that one payment earns. A capped plan earns from payments in the cap's currency only.
  cap_minor         bigint,
  cap_currency      text,
  constraint commission_plan_pkey                 primary key (plan_id, starts_on),
  constraint commission_plan_rate_range           check (rate_basis_points between 0 and 10000),
  constraint commission_plan_cap_whole            check ((cap_minor is null) = (cap_currency is null)),
  constraint commission_plan_cap_positive         check (cap_minor > 0),
  constraint commission_plan_cap_currency_alpha_3 check (cap_currency ~ '^[A-Z]{3}$')
);

insert into commission_plan (plan_id, starts_on, name, rate_basis_points, cap_minor, cap_currency) values
  ('5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d01', '2026-01-01', 'standard', 1000, null,   null),
  ('5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d02', '2026-01-01', 'founders', 2000, 150000, 'MXN');

-- Who brought a tenant, and earns from it on these days of the tenant's zone, both included.
create table attribution (
  id                 uuid        not null,
  tenant_id          uuid        not null,
  ambassador_user_id uuid        not null,
  plan_id            uuid        not null,
  starts_on          date        not null,
  ends_on            date,
  created_at         timestamptz not null,
  constraint attribution_pkey             primary key (id),
  constraint attribution_tenant           foreign key (tenant_id) references tenant (id),
  constraint attribution_ends_after_start check (ends_on >= starts_on),
  constraint attribution_one_at_a_time    exclude using gist (
    tenant_id with =, daterange(starts_on, ends_on, '[]') with &&
  )
);

-- The ledger of what ambassadors earn. Rows are only ever added: what is taken back is a row of its own, negative.
create table commission (
  id                 uuid        not null,
  payment_id         uuid        not null,
  -- 'payment', 'refund:<refund id>' or 'dispute:<dispute id>'.
  kind               text        not null,
  tenant_id          uuid        not null,
  ambassador_user_id uuid        not null,
  attribution_id     uuid        not null,
  amount_minor       bigint      not null,
  currency           text        not null,
  -- The day of its cause in the tenant's zone.
  earned_on          date        not null,
  created_at         timestamptz not null default now(),
  constraint commission_pkey             primary key (id),
  constraint commission_once             unique (payment_id, kind),
  constraint commission_payment          foreign key (payment_id) references payment (id),
  constraint commission_attribution      foreign key (attribution_id) references attribution (id),
  constraint commission_kind_known       check (kind ~ '^(payment|(refund|dispute):[0-9a-f-]{36})$'),
  constraint commission_sign             check (amount_minor <> 0 and (kind = 'payment') = (amount_minor > 0)),
  constraint commission_currency_alpha_3 check (currency ~ '^[A-Z]{3}$')
);

create index commission_list on commission (ambassador_user_id, id);

-- A closed period of an ambassador in a currency. What stays below the minimum, or below zero, is carried to the next.
create table payout_cycle (
  id                 uuid        not null,
  ambassador_user_id uuid        not null,
  currency           text        not null,
  period_start       date        not null,
  period_end         date        not null,
  previous_cycle_id  uuid,
  line_count         integer     not null,
  lines_minor        bigint      not null,
  carried_in_minor   bigint      not null,
  payable_minor      bigint      not null,
  carried_out_minor  bigint      not null,
  closed_at          timestamptz not null,
  constraint payout_cycle_pkey              primary key (id),
  constraint payout_cycle_period_forward    check (period_end >= period_start),
  constraint payout_cycle_adds_up           check (carried_in_minor + lines_minor = payable_minor + carried_out_minor),
  constraint payout_cycle_pays_no_debt      check (payable_minor >= 0),
  constraint payout_cycle_currency_alpha_3  check (currency ~ '^[A-Z]{3}$'),
  constraint payout_cycle_once              unique (ambassador_user_id, currency, period_start, period_end),
  constraint payout_cycle_previous          foreign key (previous_cycle_id) references payout_cycle (id),
  -- What was carried out is carried in once.
  constraint payout_cycle_one_successor     unique nulls not distinct (ambassador_user_id, currency, previous_cycle_id),
  constraint payout_cycle_no_overlap        exclude using gist (
    ambassador_user_id with =, currency with =, daterange(period_start, period_end, '[]') with &&
  )
);

create table payout_line (
  commission_id uuid not null,
  cycle_id      uuid not null,
  constraint payout_line_pkey       primary key (commission_id),
  constraint payout_line_commission foreign key (commission_id) references commission (id),
  constraint payout_line_cycle      foreign key (cycle_id) references payout_cycle (id)
);

create index payout_line_of_cycle on payout_line (cycle_id);
