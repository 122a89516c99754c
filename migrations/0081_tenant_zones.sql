-- Each tenant's zone, or UTC where this server does not know the zone. A zone is looked at once, not once per tenant.
create view tenant_zone as
select tenant.id as tenant_id, zone.known as time_zone
from tenant
join (select time_zone, zone_or_utc(time_zone) as known from tenant group by time_zone) zone on zone.time_zone = tenant.time_zone;

-- Zones that this server does not know, with one tenant each.
create view unknown_time_zone as
select time_zone, count(*) as tenants, (array_agg(tenant_id order by tenant_id))[1] as tenant_id
from (
  select tenant.time_zone, tenant.id as tenant_id
  from tenant join tenant_zone on tenant_zone.tenant_id = tenant.id and tenant_zone.time_zone <> tenant.time_zone
) tenant
group by time_zone;

-- The nearest number that a bigint holds, so that one tenant's sum ends no statement about all tenants.
create function nearest_bigint(value numeric) returns bigint
  language sql immutable parallel safe
return greatest(least(value, 9223372036854775807), -9223372036854775808)::bigint;
