-- PostgreSQL holds what waits, Redis what is being worked on. A delivery is in exactly one place: its event is pending,
-- or it waits (`waiting_delivery`), or a batch in Redis carries it (`queued_batch`), or it is consumed, or dead.

-- In the order in which they are served.
create type lane as enum ('urgent', 'normal', 'bulk');

alter table outbox_event add column lane lane not null default 'normal';

-- Events to be published, in a table of their own: an event's row then changes once in its life, and no index of it.
-- The free half of each page lets PostgreSQL do that change in place, which costs a third (decision 0024).
create table pending_event (
  id uuid not null,
  constraint pending_event_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
insert into pending_event select id from outbox_event where status = 'pending';

drop index outbox_event_pending;
drop index outbox_event_failed;
-- Rows an operator has to look at; almost always empty. By a column that publishing does not change.
create index outbox_event_failed on outbox_event (id) where failure is not null;
-- Every update checked it again, two fifths of the cost of publishing; the trigger below checks it once.
alter table outbox_event
  drop constraint outbox_event_type_in_pascal_case,
  add constraint outbox_event_failed_has_failure check ((status = 'failed') = (failure is not null));
alter table outbox_event_default set (fillfactor = 50);

-- Whoever inserts an event, in whatever language, has its type checked and has it published.
create function note_pending_events() returns trigger
language plpgsql
as $$
begin
  if exists (select from (select distinct event_type from inserted) as kind where event_type !~ '^[A-Z][A-Za-z]{2,63}$') then
    raise check_violation using message = 'an event type is not in PascalCase';
  end if;
  insert into pending_event select id from inserted where status = 'pending';
  return null;
end
$$;
create trigger outbox_event_note_pending after insert on outbox_event
referencing new table as inserted for each statement execute function note_pending_events();

-- A BullMQ job and the deliveries it carries. The row is the right to handle them: a job without its row does nothing,
-- so a batch that Redis lost, repeats or brings back from an old snapshot does no harm.
create table queued_batch (
  id            uuid        not null default gen_random_uuid(),
  consumer_name text        not null,
  lane          lane        not null,
  event_ids     uuid[]      not null,
  queued_at     timestamptz not null default clock_timestamp(),
  constraint queued_batch_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
-- Random ids do not compress; trying costs more than the row.
alter table queued_batch alter column event_ids set storage external;
-- The sweep's: the batches of one consumer, the oldest first.
create index queued_batch_consumer on queued_batch (consumer_name, queued_at);

-- Deliveries that have no place in Redis. It is the only way back into a queue.
create table waiting_delivery (
  consumer_name text        not null,
  event_id      uuid        not null,
  event_type    text        not null,
  not_before    timestamptz not null default clock_timestamp(),
  reason        text        not null,
  lane          lane        not null default 'normal',
  tenant_id     uuid,
  -- Whether `not_before` has passed: an index can hold no clock, so relays set it.
  is_due        boolean     not null default true,
  constraint waiting_delivery_pkey         primary key (consumer_name, event_id),
  constraint waiting_delivery_reason_known check (
    reason in ('no room', 'retry', 'parked', 'unavailable', 'missing', 'replayed')
  )
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
-- The refill's order: lane, then tenants in turn, then age. Rows that are not due would be walked over each time.
create index waiting_delivery_due on waiting_delivery
  (consumer_name, lane, coalesce(tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), event_id) where is_due;
-- Rows whose time has yet to come, the earliest first.
create index waiting_delivery_not_before on waiting_delivery (not_before) where not is_due;

-- Operators and relays ask how many deliveries one batch of a consumer may carry, and until when its sweep is taken.
alter table consumer
  drop constraint consumer_kind_known,
  add column batch_limit  integer     not null default 500,
  add column generation   bigint      not null default 0,
  add column sweep_due_at timestamptz not null default '-infinity',
  add constraint consumer_batch_limit_positive check (batch_limit > 0);
update consumer set kind = 'outbound' where kind = 'effect';
alter table consumer add constraint consumer_kind_known check (kind in ('reaction', 'outbound'));

-- Crashes of a worker while it handled the delivery alone.
alter table delivery_failure add column crashes integer not null default 0;

-- Days of a consumer whose every delivery was found consumed or discarded: the nightly audit need not read them again.
create table audited_day (
  consumer_name text        not null,
  day           date        not null,
  audited_at    timestamptz not null default clock_timestamp(),
  constraint audited_day_pkey     primary key (consumer_name, day),
  constraint audited_day_consumer foreign key (consumer_name) references consumer (name)
);

-- Events and the consumers that were subscribed when they were committed: what the outbox owes.
create view owed_delivery as
select subscription.consumer_name, event.id as event_id, event.event_type, event.tenant_id, event.lane,
       event.status, event.created_at, event.published_at
from outbox_event event
join subscription on subscription.event_type = event.event_type
  and subscription.subscribed_at <= event.created_at
  and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > event.created_at);

-- Batches that may wait in a queue beside those of this size. A large one has room only in a short queue, so that small
-- ones merge under load and no queue is deep in deliveries. `queue_floor` keeps the workers busy between two rounds.
create function queue_room(lane lane, size integer, batch_limit integer, queue_floor integer, queue_depth integer)
returns integer
language sql immutable
return case lane
  when 'urgent' then queue_depth
  when 'normal' then greatest(queue_floor, least(queue_depth, 4 * batch_limit / size))
  else (queue_floor + 1) / 2
end;

-- Events of each type among those of a batch.
create function count_types(event_types text[]) returns jsonb
language sql immutable
return (
  select jsonb_object_agg(event_type, events)
  from (select event_type, count(*) as events from unnest(event_types) as event_type group by event_type) as counted
);

-- Publishes up to `event_limit` of the oldest pending events after an id: gives each of their deliveries its place, a batch where the
-- consumer's queue has room and nothing waits before it, a waiting row where not. `queue_jobs` says how many batches wait
-- in each queue, `queue_floors` how many always may. The first row tells of the events; the others are batches, which
-- the caller has to add to Redis.
create function publish_events(
  event_limit integer, after_id uuid, queue_names text[], queue_jobs integer[], queue_floors integer[], queue_depth integer
)
returns table (
  batch_id uuid, consumer text, batch_lane lane, batch_event_ids uuid[], types jsonb, traceparents jsonb,
  failed_ids uuid[], waited_seconds float8[], waiting bigint
)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  ids uuid[];
begin
  with taken as (
    delete from pending_event where id = any (array(
      select id from pending_event where id > after_id order by id limit event_limit for update skip locked
    ))
    returning id
  )
  select array_agg(id order by id) into ids from taken;
  if ids is null then return; end if;

  -- The bounds let PostgreSQL look into the days concerned only.
  return query
  with published as (
    update outbox_event event
    set status       = case when event.event_type in (select name from event_type) then 'published' else 'failed' end,
        failure      = case when event.event_type in (select name from event_type) then null
                            else 'no release has registered the type ' || event.event_type end,
        published_at = case when event.event_type in (select name from event_type) then clock_timestamp() end
    where event.id = any (ids) and event.id between ids[1] and ids[cardinality(ids)]
    returning event.id, event.event_type, event.tenant_id, event.lane, event.traceparent, event.status, event.created_at,
              event.published_at
  ), owed as (
    select consumer.name as consumer_name, consumer.batch_limit, published.lane, array_agg(published.id) as event_ids,
           array_agg(published.event_type) as event_types, array_agg(published.tenant_id) as tenant_ids,
           jsonb_object_agg(published.id, published.traceparent) filter (where published.traceparent like '%-01') as traceparents
    from published
    join subscription on subscription.event_type = published.event_type
      and subscription.subscribed_at <= published.created_at
      and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > published.created_at)
    join consumer on consumer.name = subscription.consumer_name
    where published.status = 'published'
    group by consumer.name, consumer.batch_limit, published.lane
  ), batch as (
    select gen_random_uuid() as batch_id, consumer_name, lane, batch_limit, traceparents,
           row_number() over (partition by consumer_name order by lane, first) as nth,
           event_ids[first : first + batch_limit - 1] as event_ids,
           event_types[first : first + batch_limit - 1] as event_types,
           tenant_ids[first : first + batch_limit - 1] as tenant_ids
    from owed cross join lateral generate_series(1, cardinality(event_ids), batch_limit) as first
  ), queued as (
    insert into queued_batch (id, consumer_name, lane, event_ids)
    select batch_id, consumer_name, lane, event_ids
    from batch
    join unnest(queue_names, queue_jobs, queue_floors) as queue (name, jobs, floor) on queue.name = batch.consumer_name
    where queue.jobs + batch.nth <= queue_room(batch.lane, cardinality(batch.event_ids), batch.batch_limit, queue.floor, queue_depth)
      and not exists (
        select from waiting_delivery waiting
        where waiting.consumer_name = batch.consumer_name and waiting.lane <= batch.lane and waiting.is_due
      )
    returning id
  ), waiting as (
    insert into waiting_delivery (consumer_name, event_id, event_type, reason, lane, tenant_id)
    select batch.consumer_name, delivery.event_id, delivery.event_type, 'no room', batch.lane, delivery.tenant_id
    from batch
    cross join unnest(batch.event_ids, batch.event_types, batch.tenant_ids) as delivery (event_id, event_type, tenant_id)
    where batch.batch_id not in (select id from queued)
    returning event_id
  )
  select null::uuid, null::text, null::lane, ids, null::jsonb, null::jsonb,
         array_agg(id) filter (where status = 'failed'),
         array_agg(extract(epoch from published_at - created_at)::float8) filter (where status = 'published'),
         (select count(*) from waiting)
  from published
  union all
  select batch.batch_id, batch.consumer_name, batch.lane, batch.event_ids, count_types(batch.event_types),
         batch.traceparents, null, null, null
  from batch where batch.batch_id in (select id from queued);
end
$$;

-- Takes batches out of the queue and lets those of their deliveries wait that are neither consumed nor dead. A batch that
-- was finished meanwhile has none. Returns how many wait.
create function unqueue_batches(batch_ids uuid[], why text)
returns table (consumer text, event_ids uuid[])
language plpgsql
as $$
#variable_conflict use_column
declare
  batch queued_batch;
begin
  for batch in delete from queued_batch where id = any (batch_ids) returning * loop
    return query
    with waiting as (
      insert into waiting_delivery (consumer_name, event_id, event_type, reason, lane, tenant_id)
      select batch.consumer_name, event.id, event.event_type, why, batch.lane, event.tenant_id
      from outbox_event event
      where event.id = any (batch.event_ids)
        and event.id between (select min(id::text)::uuid from unnest(batch.event_ids) as id)
                         and (select max(id::text)::uuid from unnest(batch.event_ids) as id)
        and not exists (
          select from consumed_event consumed
          where consumed.consumer_name = batch.consumer_name and consumed.event_id = event.id
        )
        and not exists (
          select from dead_letter dead
          where dead.consumer_name = batch.consumer_name and dead.event_id = event.id
            and dead.resolution is distinct from 'retried'
        )
      on conflict do nothing
      returning event_id
    )
    select batch.consumer_name, array_agg(event_id) from waiting having count(*) > 0;
  end loop;
end
$$;

drop function claim_events(integer, integer);
drop table outbox_lease;
drop table redis_generation;
