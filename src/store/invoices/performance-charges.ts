import { CLICK_HOLD_HOURS, type HoldVerdict, type NewCharge, type PerformanceCharge } from '../../domain/invoices/performance-charge.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { Page } from '../../platform/page.ts';

/** Clicks of one visitor, and from one address, that an hour may have before further ones wait for an operator. */
export interface ClickBounds {
  readonly clicks: number;
  readonly addresses: number;
}

/** Adds charges whose source was not charged for yet; the ids of those added come back. Clicks are held. */
export async function insertCharges(tx: Tx, charges: readonly NewCharge[], bounds: ClickBounds): Promise<Set<string>> {
  const rows = await tx<{ id: string }[]>`
    insert into performance_charge (
      id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, listing_id, held_until, hold_reason
    )
    select charge.id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, listing_id,
           case when listing_id is null then '-infinity'
                when reason is null then occurred_at + make_interval(hours => ${CLICK_HOLD_HOURS})
                else 'infinity' end,
           reason
    from unnest(
      ${charges.map(({ id }) => id)}::uuid[],
      ${charges.map(({ tenantId }) => tenantId)}::uuid[],
      ${charges.map(({ kind }) => kind)}::text[],
      ${charges.map(({ sourceId }) => sourceId)}::uuid[],
      ${charges.map(({ amount }) => String(amount.minor))}::bigint[],
      ${charges.map(({ amount }) => amount.currency)}::text[],
      ${charges.map(({ occurredAt }) => occurredAt.toISOString())}::timestamptz[],
      ${charges.map(({ click }) => click?.listingId ?? null)}::uuid[],
      ${charges.map(({ click }) => click?.visitorHash ?? null)}::text[],
      ${charges.map(({ click }) => click?.ipHash ?? null)}::text[]
    ) as charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, listing_id, visitor_hash, ip_hash)
    cross join lateral (
      select case when ${clicksWithin(tx, 'visitor_hash', bounds.clicks)} then 'visitor'
                  when ${clicksWithin(tx, 'ip_hash', bounds.addresses)} then 'address' end as reason
    ) hold
    order by kind, source_id
    on conflict (kind, source_id) do nothing
    returning id
  `;
  return new Set(rows.map(({ id }) => id));
}

/** Returns whether more clicks than so many came from the charge's visitor or address within the hour up to it. */
const clicksWithin = (db: Db, column: 'visitor_hash' | 'ip_hash', most: number) => db`
  (
    select count(*) from (
      select from listing_visit visit
      where visit.kind = 'whatsapp-click' and visit.${db(column)} = charge.${db(column)}
        and visit.at > charge.occurred_at - interval '1 hour' and visit.at <= charge.occurred_at
      limit ${most + 1}
    ) seen
  ) > ${most}
`;

interface ChargeRow extends Omit<PerformanceCharge, 'amount'> {
  readonly amountMinor: string;
  readonly currency: string;
}

/** A charge, how its dispute stands (null when there is none), and whether it is still held or was struck out. */
export interface ListedCharge extends PerformanceCharge {
  readonly status: 'held' | 'charged' | 'struck-out';
  readonly dispute: 'open' | 'won' | 'lost' | null;
}

/** What a tenant owes for results, newest first. */
export async function listCharges(db: Db, tenantId: string, { before, limit }: Page): Promise<ListedCharge[]> {
  const rows = await db<(ChargeRow & Pick<ListedCharge, 'dispute' | 'status'>)[]>`
    select ${columns(db)}, dispute.status as dispute, ${status(db)} as status
    from performance_charge charge left join dispute on dispute.charge_id = charge.id
    where charge.tenant_id = ${tenantId} ${before === undefined ? db`` : db`and charge.id < ${before}`}
    order by charge.id desc
    limit ${limit}
  `;
  return rows.map(({ dispute, status: standing, ...row }) => ({ ...toCharge(row), dispute, status: standing }));
}

/** The charge as committed. */
export async function findCharge(
  db: Db,
  id: string,
): Promise<(PerformanceCharge & Pick<ListedCharge, 'status'>) | undefined> {
  const [row] = await db<(ChargeRow & Pick<ListedCharge, 'status'>)[]>`
    select ${columns(db)}, ${status(db)} as status from performance_charge charge where id = ${id}
  `;
  return row && { ...toCharge(row), status: row.status };
}

const status = (db: Db) => db`
  case when struck_at is not null then 'struck-out' when held_until > now() then 'held' else 'charged' end
`;

/** A charge that waits for an operator, with the bound that it is over. */
export interface HeldCharge extends PerformanceCharge {
  readonly holdReason: 'visitor' | 'address';
}

/** Lists the charges that wait for an operator, newest first. */
export async function listHeldCharges(db: Db, { before, limit }: Page): Promise<HeldCharge[]> {
  const rows = await db<(ChargeRow & Pick<HeldCharge, 'holdReason'>)[]>`
    select ${columns(db)}, hold_reason as "holdReason"
    from performance_charge charge
    where hold_reason is not null and struck_at is null and held_until = 'infinity'
      ${before === undefined ? db`` : db`and charge.id < ${before}`}
    order by charge.id desc
    limit ${limit}
  `;
  return rows.map(({ holdReason, ...row }) => ({ ...toCharge(row), holdReason }));
}

/** Ends the hold of a charge that waits for an operator. Returns its tenant, or undefined when it does not wait. */
export async function endHold(
  tx: Tx,
  id: string,
  { verdict, now }: { readonly verdict: HoldVerdict; readonly now: Date },
): Promise<string | undefined> {
  const [charge] = await tx<{ tenantId: string }[]>`
    update performance_charge
    set held_until    = ${now},
        struck_at     = ${verdict === 'strike' ? now : null}::timestamptz,
        struck_reason = ${verdict === 'strike' ? 'operator' : null}::text
    where id = ${id} and hold_reason is not null and struck_at is null and held_until = 'infinity'
    returning tenant_id as "tenantId"
  `;
  return charge?.tenantId;
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
