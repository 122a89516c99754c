import type { Tx } from '../platform/postgres.ts';

/** Makes failed events pending again, so that a relay publishes them. */
export async function makePending(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx`
    with pending as (
      update outbox_event set status = 'pending', failure = null
      where id = any (${[...ids]}::uuid[]) and status = 'failed'
      returning id
    )
    insert into pending_event select id from pending
  `;
}
