import type { Dispute } from '../../domain/payments/dispute.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Adds a dispute; false when its charge or payment has one. */
export async function insertDispute(tx: Tx, dispute: Dispute): Promise<boolean> {
  const { id, tenantId, chargeId, paymentId, amount, reason, openedAt } = dispute;
  const inserted = await tx`
    insert into dispute (id, tenant_id, charge_id, payment_id, amount_minor, currency, reason, opened_at)
    values (
      ${id}, ${tenantId}, ${chargeId}, ${paymentId}, ${String(amount.minor)}, ${amount.currency}, ${reason}, ${openedAt}
    )
    on conflict do nothing
    returning 1
  `;
  return inserted.length > 0;
}

/** Finds a dispute. */
export const findDispute = (db: Db, id: string): Promise<Dispute | undefined> => find(db, id, db``);

/** Finds a dispute and locks it against other changes until the transaction ends. */
export const findDisputeToChange = (tx: Tx, id: string): Promise<Dispute | undefined> => find(tx, id, tx`for no key update`);

async function find(db: Db, id: string, lock: ReturnType<Db>): Promise<Dispute | undefined> {
  const [row] = await db<(Omit<Dispute, 'amount'> & { readonly amountMinor: string; readonly currency: string })[]>`
    select id, tenant_id as "tenantId", charge_id as "chargeId", payment_id as "paymentId",
           amount_minor as "amountMinor", currency, reason, status, opened_at as "openedAt",
           resolved_at as "resolvedAt", resolved_by as "resolvedBy"
    from dispute where id = ${id}
    ${lock}
  `;
  if (row === undefined) return undefined;
  const { amountMinor, currency, ...rest } = row;
  return { ...rest, amount: { minor: BigInt(amountMinor), currency } };
}

/** Writes down how a dispute was decided. */
export async function saveResolution(tx: Tx, { id, status, resolvedAt, resolvedBy }: Dispute): Promise<void> {
  await tx`
    update dispute set status = ${status}, resolved_at = ${resolvedAt}, resolved_by = ${resolvedBy} where id = ${id}
  `;
}
