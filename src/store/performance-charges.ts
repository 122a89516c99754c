import type { PerformanceCharge } from '../domain/performance-charge.ts';
import type { Db, Tx } from '../platform/postgres.ts';
import type { Page } from './page.ts';

/** Adds charges whose source was not charged for yet; the ids of those added come back. */
export async function insertCharges(tx: Tx, charges: readonly PerformanceCharge[]): Promise<Set<string>> {
  const rows = await tx<{ id: string }[]>`
    insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at)
    select * from unnest(
      ${charges.map(({ id }) => id)}::uuid[],
      ${charges.map(({ tenantId }) => tenantId)}::uuid[],
      ${charges.map(({ kind }) => kind)}::text[],
      ${charges.map(({ sourceId }) => sourceId)}::uuid[],
      ${charges.map(({ amount }) => String(amount.minor))}::bigint[],
      ${charges.map(({ amount }) => amount.currency)}::text[],
      ${charges.map(({ occurredAt }) => occurredAt.toISOString())}::timestamptz[]
    ) as charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at)
    order by kind, source_id
    on conflict (kind, source_id) do nothing
    returning id
  `;
  return new Set(rows.map(({ id }) => id));
}

interface ChargeRow extends Omit<PerformanceCharge, 'amount'> {
  readonly amountMinor: string;
  readonly currency: string;
}

/** A charge and how its dispute stands; null when there is none. */
export interface ListedCharge extends PerformanceCharge {
  readonly dispute: 'open' | 'won' | 'lost' | null;
}

/** What a tenant owes for results, newest first. */
export async function listCharges(db: Db, tenantId: string, { before, limit }: Page): Promise<ListedCharge[]> {
  const rows = await db<(ChargeRow & Pick<ListedCharge, 'dispute'>)[]>`
    select ${columns(db)}, dispute.status as dispute
    from performance_charge charge left join dispute on dispute.charge_id = charge.id
    where charge.tenant_id = ${tenantId} ${before === undefined ? db`` : db`and charge.id < ${before}`}
    order by charge.id desc
    limit ${limit}
  `;
  return rows.map(({ dispute, ...row }) => ({ ...toCharge(row), dispute }));
}

/** The charge as committed. */
export async function findCharge(db: Db, id: string): Promise<PerformanceCharge | undefined> {
  const [row] = await db<ChargeRow[]>`select ${columns(db)} from performance_charge charge where id = ${id}`;
  return row && toCharge(row);
}

const columns = (db: Db) => db`
  charge.id, charge.tenant_id as "tenantId", charge.kind, charge.source_id as "sourceId",
  charge.amount_minor as "amountMinor", charge.currency, charge.occurred_at as "occurredAt"
`;

function toCharge({ amountMinor, currency, ...row }: ChargeRow): PerformanceCharge {
  return { ...row, amount: { minor: BigInt(amountMinor), currency } };
}

/** The currencies in which tenants are charged, by tenant. */
export async function readCurrencies(db: Db, tenantIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db<{ id: string; currency: string }[]>`
    select id, currency from tenant where id = any(${[...new Set(tenantIds)]}::uuid[])
  `;
  return new Map(rows.map(({ id, currency }) => [id, currency]));
}
