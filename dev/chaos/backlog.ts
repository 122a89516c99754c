import { randomUUID } from 'node:crypto';
import { listingViewed } from '../../src/events/listing-viewed.ts';
import { append } from '../../src/outbox/append.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { until } from '../until.ts';
import { type Fault, running, workers } from './faults.ts';
import type { World } from './world.ts';

const BACKLOG = 60_000;
const COMMITTED_TOGETHER = 10_000;
const WAITING = 20_000; // of them, when the other tenant's event commits
const SERVED_BEFORE = BACKLOG / 4; // at least so many still wait when the other tenant is served; the bench measures the time

/** A tenant with tens of thousands of waiting deliveries; another tenant's delivery has to be served at once. */
export const backlogOfOneTenant: Fault = Object.freeze({
  name: 'backlog-of-one-tenant',
  async strike(world: World, { tell }: { tell(words: string): void }) {
    const busy = randomUUID();
    await letWait(world, busy);
    const began = performance.now();
    const [eventId = ''] = await view(world, randomUUID(), 1);
    await until('the other tenant is served', async () => {
      return (await world.sql`select from consumed_event where event_id = ${eventId}`).length > 0;
    }, { deadlineMs: 60_000 });
    const left = await countWaiting(world, busy);
    tell(`served in ${Math.round(performance.now() - began)} ms before ${left} others`);
    return left < SERVED_BEFORE ? [`another tenant's delivery was served when only ${left} of ${BACKLOG} still waited`] : [];
  },
});

/** Commits a tenant's events while the workers stand still, until all are published and most wait. */
async function letWait(world: World, tenantId: string): Promise<void> {
  await running(world, ...workers);
  for (const worker of workers) world.formation.kill(worker, 'SIGSTOP');
  try {
    for (let count = 0; count < BACKLOG; count += COMMITTED_TOGETHER) await view(world, tenantId, COMMITTED_TOGETHER);
    await until('the backlog waits', async () => (await countWaiting(world, tenantId)) > WAITING, { deadlineMs: 60_000 });
    await until('nothing is pending', async () => {
      return (await world.sql`select from outbox_event where status = 'pending' and tenant_id = ${tenantId} limit 1`).length === 0;
    }, { deadlineMs: 60_000 });
  } finally {
    for (const worker of workers) world.formation.kill(worker, 'SIGCONT');
  }
}

async function countWaiting({ sql }: World, tenantId: string): Promise<number> {
  const [row] = await sql<[{ waiting: number }]>`
    select count(*)::integer as waiting from waiting_delivery where tenant_id = ${tenantId}
  `;
  return row.waiting;
}

function view({ sql }: World, tenantId: string, count: number): Promise<string[]> {
  const event = () => listingViewed({
    tenantId, occurredAt: new Date(),
    payload: { listingId: randomUUID(), tenantId, zone: 'centro', visitorHash: 'v', ipHash: 'i' },
  });
  return transaction(sql, (tx) => append(tx, ...Array.from({ length: count }, () => ({ event: event(), origin: {} }))));
}
