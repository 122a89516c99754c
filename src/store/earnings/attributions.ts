import type { Attribution } from '../../domain/earnings/attribution.ts';
import type { Terms } from '../../domain/earnings/commission.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** What a plan grants on a day; undefined when there is no such plan, or not yet. */
export async function findTerms(tx: Tx, planId: string, day: string): Promise<Terms | undefined> {
  const [row] = await tx<{ rateBasisPoints: number; capMinor: string | null; capCurrency: string | null }[]>`
    select rate_basis_points as "rateBasisPoints", cap_minor as "capMinor", cap_currency as "capCurrency"
    from commission_plan
    where plan_id = ${planId} and starts_on <= ${day}
    order by starts_on desc
    limit 1
  `;
  if (row === undefined) return undefined;
  const { rateBasisPoints, capMinor, capCurrency } = row;
  const cap = capMinor === null || capCurrency === null ? null : { minor: BigInt(capMinor), currency: capCurrency };
  return { rateBasisPoints, cap };
}

/** Returns whether the tenant is attributed on one of the days. */
export async function isAttributed(
  tx: Tx,
  { tenantId, startsOn, endsOn }: Pick<Attribution, 'tenantId' | 'startsOn' | 'endsOn'>,
): Promise<boolean> {
  const rows = await tx`
    select from attribution
    where tenant_id = ${tenantId}
      and daterange(starts_on, ends_on, '[]') && daterange(${startsOn}::date, ${endsOn}::date, '[]')
    limit 1
  `;
  return rows.length > 0;
}

/** Adds an attribution. A constraint refuses days that overlap with another's. */
export async function insertAttribution(tx: Tx, attribution: Attribution): Promise<void> {
  const { id, tenantId, ambassadorUserId, planId, startsOn, endsOn, createdAt } = attribution;
  await tx`
    insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
    values (${id}, ${tenantId}, ${ambassadorUserId}, ${planId}, ${startsOn}, ${endsOn}, ${createdAt})
  `;
}

/** Finds an attribution. */
export const findAttribution = (db: Db, id: string): Promise<Attribution | undefined> => find(db, id, db``);

/** Finds an attribution and locks it: nothing is earned by it until the transaction ends. */
export const findAttributionToChange = (tx: Tx, id: string): Promise<Attribution | undefined> => find(tx, id, tx`for update`);

async function find(db: Db, id: string, lock: ReturnType<Db>): Promise<Attribution | undefined> {
  const [attribution] = await db<Attribution[]>`
    select id, tenant_id as "tenantId", ambassador_user_id as "ambassadorUserId", plan_id as "planId",
           starts_on::text as "startsOn", ends_on::text as "endsOn", created_at as "createdAt"
    from attribution
    where id = ${id}
    ${lock}
  `;
  return attribution;
}

/** Returns the last day from whose payments an attribution earned. */
export async function findLastEarning(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx<[{ day: string | null }]>`
    select max(earned_on)::text as day from commission where attribution_id = ${id} and kind = 'payment'
  `;
  return row.day;
}

/** Writes the last day of an attribution. */
export async function saveEnd(tx: Tx, { id, endsOn }: Pick<Attribution, 'id' | 'endsOn'>): Promise<void> {
  await tx`update attribution set ends_on = ${endsOn} where id = ${id}`;
}
