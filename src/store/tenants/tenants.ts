import type { Tenant } from '../../domain/tenants/tenant.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

interface TenantRow extends Omit<Tenant, 'verification'> {
  readonly evidenceKind: string | null;
  readonly evidenceReference: string | null;
  readonly verifiedBy: string | null;
  readonly verifiedAt: Date | null;
}

/** Makes the statement that adds a new tenant. */
export const insertTenant = (db: Db, tenant: Tenant) => db`
  insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
  values (
    ${tenant.id}, ${tenant.ownerUserId}, ${tenant.name}, ${tenant.country}, ${tenant.currency}, ${tenant.timeZone},
    ${tenant.createdAt}
  )
`;

/** The tenant as committed; nobody else's change is held up. */
export async function findTenant(db: Db, id: string): Promise<Tenant | undefined> {
  const [row] = await db<TenantRow[]>`select ${columns(db)} from tenant where id = ${id}`;
  return row && toTenant(row);
}

/** The tenant, held against other changes until the transaction ends. */
export async function findTenantToChange(tx: Tx, id: string): Promise<Tenant | undefined> {
  const [row] = await tx<TenantRow[]>`select ${columns(tx)} from tenant where id = ${id} for no key update`;
  return row && toTenant(row);
}

/** Writes down that a tenant was verified, by whom, and on what evidence. */
export async function saveVerification(tx: Tx, { id, status, verification }: Tenant): Promise<void> {
  await tx`
    update tenant
    set status             = ${status},
        evidence_kind      = ${verification?.evidence.kind ?? null},
        evidence_reference = ${verification?.evidence.reference ?? null},
        verified_by        = ${verification?.operatorUserId ?? null},
        verified_at        = ${verification?.at ?? null}
    where id = ${id}
  `;
}

const columns = (db: Db) => db`
  id, owner_user_id as "ownerUserId", name, country, currency, time_zone as "timeZone", status,
  created_at as "createdAt", evidence_kind as "evidenceKind", evidence_reference as "evidenceReference",
  verified_by as "verifiedBy", verified_at as "verifiedAt"
`;

function toTenant({ evidenceKind, evidenceReference, verifiedBy, verifiedAt, ...tenant }: TenantRow): Tenant {
  if (evidenceKind === null || evidenceReference === null || verifiedBy === null || verifiedAt === null) {
    return { ...tenant, verification: null };
  }
  const evidence = { kind: evidenceKind, reference: evidenceReference };
  return { ...tenant, verification: { evidence, operatorUserId: verifiedBy, at: verifiedAt } };
}

/** Tenants' IANA time zones by id; who is not there is missing from the map. */
export async function readTimeZones(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db<{ id: string; timeZone: string }[]>`
    select id, time_zone as "timeZone" from tenant where id = any(${[...new Set(ids)]}::uuid[])
  `;
  return new Map(rows.map(({ id, timeZone }) => [id, timeZone]));
}
