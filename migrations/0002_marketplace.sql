-- The part of the marketplace that the backbone serves: tenants, tickets, and how to reach the people in them.
create table tenant (
  id                 uuid        not null,
  owner_user_id      uuid        not null,
  name               text        not null,
  country            text        not null,
  currency           text        not null,
  time_zone          text        not null,
  status             text        not null default 'unverified',
  evidence_kind      text,
  evidence_reference text,
  verified_by        uuid,
  verified_at        timestamptz,
  created_at         timestamptz not null,
  constraint tenant_pkey             primary key (id),
  constraint tenant_status_known     check (status in ('unverified', 'verified')),
  constraint tenant_country_alpha_2  check (country ~ '^[A-Z]{2}$'),
  constraint tenant_currency_alpha_3 check (currency ~ '^[A-Z]{3}$'),
  constraint tenant_verified_whole   check ((status = 'verified') = (verified_at is not null)
                                        and (verified_at is null) = (verified_by is null)
                                        and (verified_at is null) = (evidence_kind is null)
                                        and (verified_at is null) = (evidence_reference is null))
);

create table ticket (
  id               uuid        not null,
  tenant_id        uuid        not null,
  customer_user_id uuid        not null,
  subject          text        not null,
  description      text        not null,
  status           text        not null default 'open',
  assignee_user_id uuid,
  assigned_at      timestamptz,
  created_at       timestamptz not null,
  constraint ticket_pkey           primary key (id),
  constraint ticket_tenant         foreign key (tenant_id) references tenant (id),
  constraint ticket_status_known   check (status in ('open', 'assigned')),
  constraint ticket_assigned_whole check ((status = 'assigned') = (assignee_user_id is not null)
                                      and (assigned_at is null) = (assignee_user_id is null))
);

create table user_contact (
  user_id    uuid        not null,
  name       text        not null,
  email      text        not null,
  locale     text        not null,
  updated_at timestamptz not null,
  constraint user_contact_pkey         primary key (user_id),
  constraint user_contact_locale_known check (locale in ('es', 'en'))
);

-- The answer to a write, committed with the write. `subject` is the user, and the tenant acted for.
create table idempotency_key (
  subject     text        not null,
  route       text        not null,
  key         text        not null,
  -- SHA-256 of the path and the body's bytes.
  fingerprint text        not null,
  status      integer     not null,
  answer      text        not null,
  created_at  timestamptz not null default now(),
  constraint idempotency_key_pkey primary key (subject, route, key)
);

create index idempotency_key_age on idempotency_key (created_at);

-- Who of the backoffice did what, to how much.
create table operator_action (
  id               uuid        not null,
  operator_user_id uuid        not null,
  action           text        not null,
  request          jsonb       not null,
  outcome          jsonb       not null,
  trace_id         text        not null,
  created_at       timestamptz not null default now(),
  constraint operator_action_pkey primary key (id)
);
