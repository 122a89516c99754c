import type { PayoutHold } from '../../domain/earnings/payout.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Finds the oldest case that holds an ambassador's payouts: one about them or their ring, open or not settled. */
export async function findPayoutHold(tx: Tx, ambassadorUserId: string): Promise<PayoutHold | undefined> {
  const [hold] = await tx<PayoutHold[]>`
    select id as "caseId", status
    from fraud_case
    where (status = 'open' or status = 'confirmed' and settled_at is null)
      and (subject_kind = 'ambassador' and subject_id = ${ambassadorUserId}
        or subject_kind = 'ring' and subject_id in (
          select ring_id from fraud_ring_member where user_id = ${ambassadorUserId}
        ))
    order by opened_at, id
    limit 1
  `;
  return hold;
}

/**
 * Returns whether a commission was paid out: its cycle paid, or a later one did with what its cycle carried. A cycle
 * that pays carries nothing.
 */
export const isPaidOut = (db: Db) => db`exists (
  select from payout_line line
  join payout_cycle cycle  on cycle.id = line.cycle_id
  join payout_cycle paying on paying.ambassador_user_id = cycle.ambassador_user_id and paying.currency = cycle.currency
  where line.commission_id = commission.id and paying.period_end >= cycle.period_end and paying.payable_minor > 0
)`;
