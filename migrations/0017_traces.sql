-- A relay continues each event's trace, so the claim gives its context too. Relays of the release before read the other columns.
drop function claim_events(integer, integer);

create function claim_events(batch_limit integer, lease_ms integer)
returns table (claimed_lease bigint, claimed_id uuid, claimed_type text, claimed_traceparent text)
language plpgsql
set enable_nestloop = off
set enable_hashjoin = off
as $$
declare
  ids          uuid[];
  types        text[];
  traceparents text[];
begin
  perform pg_advisory_xact_lock(4817305231);
  delete from outbox_lease where leased_until < clock_timestamp();
  select array_agg(id), array_agg(event_type), array_agg(traceparent) into ids, types, traceparents
  from (
    select event.id, event.event_type, event.traceparent
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
  return query
    select claimed_lease, oldest.id, oldest.type, oldest.traceparent
    from unnest(ids, types, traceparents) as oldest (id, type, traceparent);
end
$$;
