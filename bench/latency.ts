import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../dev/until.ts';
import { tenantCreated } from '../src/events/tenant-created.ts';
import { append } from '../src/outbox/append.ts';
import { makeWake } from '../src/outbox/wake.ts';
import { transaction } from '../src/platform/transaction.ts';
import { consumers } from '../src/workers/index.ts';
import { countDailyMetrics } from '../src/workers/count-daily-metrics.ts';
import { absolute, type Measure } from './measure.ts';
import { startOn } from './processes.ts';
import { openWorld, type Servers, type World } from './world.ts';

const PER_SECOND = 200;
const WARM_UP_SECONDS = 2;

/**
 * Milliseconds from the begin of a change's transaction to its consumption record, by the database's clock, through one
 * relay process and one worker process under an even load.
 */
export async function measureLatency(
  servers: Servers,
  { forSeconds }: { readonly forSeconds: number },
): Promise<readonly Measure[]> {
  const world = await openWorld(servers, consumers);
  const processes = await startOn(world, { servers, formation: { relay: 1, worker: 1 } });
  await commitEvenly(world, WARM_UP_SECONDS * PER_SECOND);
  const ids = await commitEvenly(world, forSeconds * PER_SECOND);
  const allConsumed = async () => (await latency(world, ids)).count === ids.length;
  await until('every event is consumed', allConsumed, { deadlineMs: 30_000 });
  const { p50, p99 } = await latency(world, ids);
  await processes.stop();
  await world.close();
  const name = `commit to effect at ${PER_SECOND} events/s`;
  return [
    absolute({ name: `${name}, p50`, unit: 'ms', ours: p50, bound: { atMost: 5 } }),
    absolute({ name: `${name}, p99`, unit: 'ms', ours: p99, bound: { atMost: 30 } }),
  ];
}

/** Commits events one by one at their own times, however long the ones before take; the ids come back. */
async function commitEvenly({ sql, redis, prefix }: World, count: number): Promise<readonly string[]> {
  const wake = makeWake(redis, prefix);
  const began = performance.now();
  const commits: Promise<string>[] = [];
  for (let index = 0; index < count; index += 1) {
    await sleep(Math.max(0, began + (index * 1_000) / PER_SECOND - performance.now()));
    commits.push(commitOne());
  }
  return Promise.all(commits);

  async function commitOne(): Promise<string> {
    const tenantId = randomUUID();
    const payload = { tenantId, ownerUserId: randomUUID(), name: 'Taller Norte', country: 'ES', currency: 'EUR' };
    const event = tenantCreated({ tenantId, occurredAt: new Date(), payload });
    const [id = ''] = await transaction(sql, (tx) => append(tx, { event, origin: {} }));
    wake();
    return id;
  }
}

async function latency({ sql }: World, ids: readonly string[]) {
  const [row] = await sql<{ count: number; p50: number; p99: number }[]>`
    select count(*)::integer as count,
           percentile_cont(0.5)  within group (order by ms) as p50,
           percentile_cont(0.99) within group (order by ms) as p99
    from (
      select extract(epoch from consumed_at - created_at)::float8 * 1000 as ms
      from consumed_event
      join outbox_event on outbox_event.id = consumed_event.event_id
      where consumer_name = ${countDailyMetrics.name} and event_id = any(${[...ids]}::uuid[])
    ) as delivered
  `;
  return row ?? { count: 0, p50: Number.NaN, p99: Number.NaN };
}
