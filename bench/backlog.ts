import { refillQueues } from '../src/outbox/refill.ts';
import { runRelay } from '../src/outbox/run-relay.ts';
import { sweepConsumer } from '../src/outbox/sweep.ts';
import { absolute, type Measure, median, ratio } from './measure.ts';
import { countingReaction, createEffects, relayAndReact, startConsumer } from './reaction.ts';
import { fillOutbox, openWorld, seconds, type Servers, type World } from './world.ts';

export interface BacklogSize {
  /** Deliveries that wait. */
  readonly waiting: number;
  /** Events of a run without a backlog. */
  readonly count: number;
}

const ROUNDS = 3;
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

  await fillWaiting(world, waiting / 2, crypto.randomUUID());
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
async function otherTenant(world: World): Promise<void> {
  await fillOutbox(world.sql, 1, { tenantId: crypto.randomUUID() });
  const [event] = await world.sql<{ id: string }[]>`select id from outbox_event order by id desc limit 1`;
  while ((await world.sql`select from bench_effect where event_id = ${event?.id ?? ''}`).length === 0);
}

/** Commits published events whose deliveries all wait. */
async function fillWaiting({ sql }: World, count: number, tenantId?: string): Promise<void> {
  for (let filled = 0; filled < count; filled += COUNTED) {
    await fillOutbox(sql, Math.min(COUNTED, count - filled), { tenantId });
    await sql`
      with event as (
        delete from pending_event returning id
      ), published as (
        update outbox_event set status = 'published', published_at = clock_timestamp() from event
        where outbox_event.id = event.id
      )
      insert into waiting_delivery (consumer_name, event_id, event_type, reason, tenant_id)
      select 'bench', id, 'TenantCreated', 'no room', ${tenantId ?? null}::uuid from event
    `;
  }
  await sql`analyze waiting_delivery`;
}

export interface GrowthSize {
  readonly small: number;
  readonly large: number;
}

/** Measures that refilling and sweeping cost the same whatever waits. */
export async function measureGrowth(servers: Servers, { small, large }: GrowthSize): Promise<readonly Measure[]> {
  const [few, many] = [await costsOf(servers, small), await costsOf(servers, large)];
  const name = (what: string) => `${what} with ${large.toLocaleString('en')} waiting, against ${small.toLocaleString('en')}`;
  const bound = { atMost: 2 };
  return [
    ratio({ name: name('refill'), unit: 'ms', ours: many.refill, baseline: few.refill, bound }),
    ratio({ name: name('sweep'), unit: 'ms', ours: many.sweep, baseline: few.sweep, bound }),
  ];
}

async function costsOf(servers: Servers, waiting: number): Promise<{ readonly refill: number; readonly sweep: number }> {
  const world = await openWorld(servers, [countingReaction().consumer]);
  await fillWaiting(world, waiting);
  const [refills, sweeps]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    refills.push(1_000 * (await seconds(() => refillQueues(world.relay, new Map()))));
    sweeps.push(1_000 * (await seconds(() => sweepConsumer(world.sweep, 'bench', 60_000))));
    await world.queue('bench').drain();
    await world.sql`truncate queued_batch`;
  }
  await world.close();
  return { refill: median(refills.slice(1)), sweep: median(sweeps.slice(1)) };
}
