-- The outbox: events as they were committed, and how far each came. Partitioned by day on the UUIDv7 itself, so that
-- the primary key stays unique over all partitions and old days are dropped whole. The payload is never updated.
create table outbox_event (
  id               uuid        not null,
  event_type       text        not null,
  schema_version   integer     not null,
  occurred_at      timestamptz not null,
  tenant_id        uuid,
  actor_user_id    uuid,
  payload_json     jsonb       not null,
  correlation_id   uuid        not null,
  causation_id     uuid,
  traceparent      text,
  status           text        not null default 'pending',
  created_at       timestamptz not null default now(),
  published_at     timestamptz,
  failure          text,
  constraint outbox_event_pkey                 primary key (id),
  constraint outbox_event_status_known         check (status in ('pending', 'published', 'failed')),
  constraint outbox_event_version_positive     check (schema_version > 0),
  constraint outbox_event_type_in_pascal_case  check (event_type ~ '^[A-Z][A-Za-z]{2,63}$'),
  constraint outbox_event_payload_is_an_object check (jsonb_typeof(payload_json) = 'object')
) partition by range (id);

-- The relay's head: only rows still to be published, so that published history never slows a claim.
create index outbox_event_pending on outbox_event (id) where status = 'pending';
-- Rows an operator has to look at; almost always empty.
create index outbox_event_failed on outbox_event (id) where status = 'failed';
-- The backoffice's filter by tenant; events of no tenant are never asked for by it.
create index outbox_event_tenant on outbox_event (tenant_id, id) where tenant_id is not null;

-- Catches an id outside every day; maintenance moves its rows to their day.
create table outbox_event_default partition of outbox_event default;

-- What a relay holds: events no other relay takes until the lease ends by the database's clock. The growing number is
-- the fence. Kept beside the events, so that an event's row is written twice in its life and not three times.
create table outbox_lease (
  lease        bigint      not null generated always as identity,
  leased_until timestamptz not null,
  event_ids    uuid[]      not null,
  constraint outbox_lease_pkey primary key (lease)
);

-- Claims the oldest pending events that nobody holds. One claim at a time, for a millisecond: within one statement two
-- could not see each other's lease. Merging in id order keeps the cost of a claim independent of the history behind it.
create function claim_events(batch_limit integer, lease_ms integer)
returns table (claimed_lease bigint, claimed_id uuid, claimed_type text)
language plpgsql
set enable_nestloop = off
set enable_hashjoin = off
as $$
declare
  ids   uuid[];
  types text[];
begin
  perform pg_advisory_xact_lock(4817305231);
  delete from outbox_lease where leased_until < clock_timestamp();
  select array_agg(id), array_agg(event_type) into ids, types
  from (
    select event.id, event.event_type
    from outbox_event event
    left join (select unnest(event_ids) as id from outbox_lease) held on held.id = event.id
    where event.status = 'pending' and held.id is null
    order by event.id
    limit batch_limit
  ) as oldest;
  if ids is null then return; end if;
  insert into outbox_lease (leased_until, event_ids)
  values (clock_timestamp() + lease_ms * interval '1 millisecond', ids)
  returning lease into claimed_lease;
  return query select claimed_lease, oldest.id, oldest.type from unnest(ids, types) as oldest (id, type);
end
$$;

-- Every event type that a release knows. A row of another type can't be published: it fails, visibly.
create table event_type (
  name    text    not null,
  version integer not null,
  constraint event_type_pkey primary key (name)
);

create table consumer (
  name        text        not null,
  -- Every delivery of an event up to here is consumed or dead; the sweep starts after it.
  verified_id uuid        not null default '00000000-0000-0000-0000-000000000000',
  created_at  timestamptz not null default now(),
  constraint consumer_pkey primary key (name)
);

-- Who hears what, and since when: an event committed before is not missing.
create table subscription (
  consumer_name   text        not null,
  event_type      text        not null,
  subscribed_at   timestamptz not null default now(),
  unsubscribed_at timestamptz,
  constraint subscription_pkey     primary key (consumer_name, event_type),
  constraint subscription_consumer foreign key (consumer_name) references consumer (name),
  constraint subscription_type     foreign key (event_type) references event_type (name)
);

-- The proof of consumption, written in the transaction of the effect.
create table consumed_event (
  consumer_name text        not null,
  event_id      uuid        not null,
  consumed_at   timestamptz not null default clock_timestamp(),
  constraint consumed_event_pkey primary key (consumer_name, event_id)
) partition by range (event_id);

create table consumed_event_default partition of consumed_event default;

-- A delivery's failures so far. It leaves when the delivery is consumed or dead.
create table delivery_failure (
  consumer_name   text        not null,
  event_id        uuid        not null,
  attempts        integer     not null,
  error           text        not null,
  fingerprint     text        not null,
  first_failed_at timestamptz not null default clock_timestamp(),
  last_failed_at  timestamptz not null default clock_timestamp(),
  constraint delivery_failure_pkey primary key (consumer_name, event_id)
);

create table dead_letter (
  consumer_name   text        not null,
  event_id        uuid        not null,
  attempts        integer     not null,
  error           text        not null,
  fingerprint     text        not null,
  first_failed_at timestamptz not null,
  last_failed_at  timestamptz not null,
  -- 'retried' by an operator and on its way again, 'consumed' after that, or 'discarded' for good.
  resolution      text,
  resolved_at     timestamptz,
  constraint dead_letter_pkey             primary key (consumer_name, event_id),
  constraint dead_letter_resolution_known check (resolution in ('retried', 'consumed', 'discarded')),
  constraint dead_letter_resolved_whole   check ((resolution is null) = (resolved_at is null))
);

-- How many times a delivery was published after its first time (epoch 0 has no row).
create table republication (
  consumer_name text        not null,
  event_id      uuid        not null,
  epoch         integer     not null,
  reason        text        not null,
  published_at  timestamptz not null default clock_timestamp(),
  constraint republication_pkey           primary key (consumer_name, event_id),
  constraint republication_epoch_positive check (epoch > 0)
);

-- Which life of Redis the relays last saw; another one there means that its jobs are gone.
create table redis_generation (
  prefix     text not null,
  generation uuid not null,
  constraint redis_generation_pkey primary key (prefix)
);
