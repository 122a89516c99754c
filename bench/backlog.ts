import { randomUUID } from 'node:crypto';
import { until } from '../dev/until.ts';
import { tenantCreated } from '../src/events/tenant-created.ts';
import { append } from '../src/outbox/append.ts';
import { auditNew } from '../src/outbox/audit.ts';
import { FIRST_ID, publishEvents } from '../src/outbox/publish.ts';
import { refillQueues } from '../src/outbox/refill.ts';
import { runRelay } from '../src/outbox/run-relay.ts';
import { sweepConsumer } from '../src/outbox/sweep.ts';
import { transaction } from '../src/platform/transaction.ts';
import { absolute, type Measure, median, ratio } from './measure.ts';
import { countingReaction, createEffects, relayAndReact, startConsumer } from './reaction.ts';
import { type FillOptions, fillOutbox, openWorld, seconds, type Servers, type World } from './world.ts';

export interface BacklogSize {
  /** Deliveries that wait. */
  readonly waiting: number;
  /** Events of a run without a backlog. */
  readonly count: number;
}

const ROUNDS = 5;
const COUNTED = 100_000; // a statement has its time-out

/** Measures how a large backlog drains, what a sweep over it costs, and how long another tenant waits behind it. */
export async function measureBacklog(servers: Servers, { waiting, count }: BacklogSize): Promise<readonly Measure[]> {
  const counting = countingReaction();
  const world = await openWorld(servers, [counting.consumer]);
  await createEffects(world);
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) rates.push(count / (await relayAndReact(world, counting, count)));

  await fillWaiting(world, waiting);
  const swept = await seconds(() => sweepConsumer(world.sweep, 'bench', 0));
  const consumed = counting.expect(waiting);
  const running = startConsumer(world, counting.consumer);
  const relay = runRelay({ ...world.relay, sweep: { ...world.sweep, graceMs: 30_000, everyMs: 5_000 } });
  const drained = await seconds(() => consumed);

  await fillWaiting(world, waiting / 2, { tenantId: randomUUID() });
  const behind = await seconds(() => otherTenant(world));
  await Promise.all([relay.close(), running.close()]);
  await world.close();
  const amount = waiting.toLocaleString('en');
  return [
    ratio({
      name: `${amount} waiting deliveries drain, against the rate without a backlog`, unit: 'deliveries/s',
      ours: waiting / drained, baseline: median(rates.slice(1)), bound: { atLeast: 0.8 },
    }),
    absolute({ name: `sweep over ${amount} waiting deliveries`, unit: 's', ours: swept, bound: { atMost: 1 } }),
    absolute({ name: `another tenant behind ${(waiting / 2).toLocaleString('en')}`, unit: 's', ours: behind, bound: { atMost: 1 } }),
  ];
}

/** Commits an event of a tenant of its own and waits for its effect. */
async function otherTenant({ sql }: World): Promise<void> {
  const tenantId = randomUUID();
  const payload = { tenantId, ownerUserId: randomUUID(), name: 'Taller Norte', country: 'ES', currency: 'EUR' };
  const event = tenantCreated({ tenantId, occurredAt: new Date(), payload });
  const [id = ''] = await transaction(sql, (tx) => append(tx, { event, origin: {} }));
  await until('it is consumed', async () => (await sql`select from bench_effect where event_id = ${id}`).length > 0);
}

/** Commits published events whose deliveries all wait, and vacuums the tables as PostgreSQL would by itself in time. */
async function fillWaiting({ sql }: World, count: number, fill: FillOptions = {}): Promise<void> {
  for (let filled = 0; filled < count; filled += COUNTED) {
    await transaction(sql, async (tx) => { // so that no relay sees them pending
      await fillOutbox(tx, Math.min(COUNTED, count - filled), fill);
      await tx`analyze pending_event`;
      await tx`
        with event as (
          delete from pending_event returning id
        ), published as (
          update outbox_event set status = 'published', published_at = clock_timestamp() from event
          where outbox_event.id = event.id
        )
        insert into waiting_delivery (consumer_name, event_id, event_type, reason, tenant_id)
        select 'bench', id, 'TenantCreated', 'no room', ${fill.tenantId ?? null}::uuid from event
      `;
    }, { timeoutMs: 120_000 });
  }
  await sql`vacuum analyze waiting_delivery, pending_event`;
}

export interface GrowthSize {
  readonly small: number;
  readonly large: number;
}

/** Measures that a step costs the same whatever waits. */
export async function measureGrowth(servers: Servers, { small, large }: GrowthSize): Promise<readonly Measure[]> {
  const few = await costsOf(servers, small);
  const many = await costsOf(servers, large);
  return Object.entries(many).map(([step, ours]) => ratio({
    name: `${step} with ${large.toLocaleString('en')} waiting, against ${small.toLocaleString('en')}`, unit: 'ms',
    ours, baseline: few[step] ?? Number.NaN, bound: { atMost: 2 },
  }));
}

const AUDITED_AFTER_MS = 6 * 60_000; // the audit leaves younger events alone

/** Milliseconds of one claim of 500 events, one refill, one audit of 10,000 events, and one sweep with no audit left. */
async function costsOf(servers: Servers, count: number): Promise<Readonly<Record<string, number>>> {
  const world = await openWorld(servers, [countingReaction().consumer]);
  const { sql, queue, relay, sweep } = world;
  const empty = async () => {
    await queue('bench').drain();
    await sql`truncate queued_batch`;
  };
  await fillWaiting(world, count, { ageMs: AUDITED_AFTER_MS });
  const audit = await costOf(() => auditNew(sql, 'bench'), async () => {
    await sql`update consumer set verified_id = ${FIRST_ID}`;
  });
  await sql`update consumer set verified_id = (select max(id::text)::uuid from outbox_event)`;
  const swept = await costOf(() => sweepConsumer(sweep, 'bench', 60_000));
  const refill = await costOf(() => refillQueues(relay, new Map()), empty);
  await sql`truncate waiting_delivery`;
  for (let filled = 0; filled < count; filled += COUNTED) await fillOutbox(sql, Math.min(COUNTED, count - filled));
  const claim = await costOf(() => publishEvents(relay), empty);
  await world.close();
  return { claim, refill, sweep: swept, audit };
}

/** Measures the median of some runs, each after its preparation. */
async function costOf(run: () => Promise<unknown>, prepare?: () => Promise<void>): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await prepare?.();
    costs.push(1_000 * (await seconds(run)));
  }
  return median(costs.slice(1));
}
