import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, warning } from '../../platform/finding.ts';

/** Looks for tenants whose time zone PostgreSQL does not know. Their days are UTC's until the zone is known. */
export async function examineTimeZones(sql: Sql): Promise<readonly Finding[]> {
  const unknown = await sql<{ zone: string; tenants: string; tenantId: string }[]>`
    select time_zone as zone, tenants, tenant_id as "tenantId" from unknown_time_zone order by time_zone limit 5
  `;
  const named = unknown.map(({ zone, tenants, tenantId }) => `${zone.slice(0, 64)} (${tenants} tenants, ${tenantId})`).join(', ');
  return [
    unknown.length === 0
      ? fine('time zones', 'PostgreSQL knows the time zone of every tenant.')
      : warning('time zones', `PostgreSQL does not know the time zones ${named}. Days and months of these tenants are UTC’s.`,
        'Install the time zones that are missing (tzdata, tzdata-legacy), or correct the tenants’ rows.'),
  ];
}
