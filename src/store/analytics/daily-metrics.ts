import type { Tx } from '../../platform/postgres.ts';

/** Something that a figure grows by. */
export interface Counted {
  readonly tenantId: string;
  readonly occurredAt: Date;
  readonly metric: string;
  readonly value: number;
}

/** Adds to the figures of their days, in the tenant's zone; one statement for any number of them. */
export async function countDaily(tx: Tx, counted: readonly Counted[]): Promise<void> {
  await tx`
    with tenant_zone as materialized (
      select id, zone_or_utc(time_zone) as time_zone from tenant
      where id = any(${[...new Set(counted.map(({ tenantId }) => tenantId))]}::uuid[])
    )
    insert into daily_metric as known (tenant_id, day, metric, value)
    select counted.tenant_id,
           (counted.occurred_at at time zone coalesce(tenant.time_zone, 'UTC'))::date as day,
           counted.metric,
           nearest_bigint(sum(counted.value))
    from unnest(
      ${counted.map(({ tenantId }) => tenantId)}::uuid[],
      ${counted.map(({ occurredAt }) => occurredAt.toISOString())}::timestamptz[],
      ${counted.map(({ metric }) => metric)}::text[],
      ${counted.map(({ value }) => value)}::bigint[]
    ) as counted (tenant_id, occurred_at, metric, value)
    left join tenant_zone tenant on tenant.id = counted.tenant_id
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (tenant_id, day, metric) do update set value = nearest_bigint(known.value::numeric + excluded.value)
  `;
}
