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
const STILL_WAITING = BACKLOG / 4; // of them at least, when the other tenant is served; the bench measures the time

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
    const waiting = await countWaiting(world, busy);
    tell(`served in ${Math.round(performance.now() - began)} ms before ${waiting} others`);
    return waiting < STILL_WAITING ? [`another tenant was served when only ${waiting} of ${BACKLOG} still waited`] : [];
  },
});

/** Commits a tenant's events while the workers stand still, until all are published and most wait. */
async function letWait(world: World, tenantId: string): Promise<void> {
  await running(world, ...workers);
  for (const worker of workers) world.formation.kill(worker, 'SIGSTOP');
  try {
    for (let count = 0; count < BACKLOG; count += COMMITTED_TOGETHER) await view(world, tenantId, COMMITTED_TOGETHER);
    const isWaiting = async () => (await countWaiting(world, tenantId)) > WAITING;
    await until('the backlog waits', isWaiting, { deadlineMs: 60_000 });
    const isPublished = async () => (await world.sql`select from pending_event limit 1`).length === 0;
    await until('nothing is pending', isPublished, { deadlineMs: 60_000 });
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
