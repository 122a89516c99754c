import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { spawnBound } from '../dev/spawn-bound.ts';
import { until } from '../dev/until.ts';
import { makeWake } from '../src/outbox/wake.ts';
import type { Sql } from '../src/platform/postgres.ts';
import { consumers } from '../src/workers/index.ts';
import { openCustomers } from './customers.ts';
import { type Measure, ratioOfRounds } from './measure.ts';
import { startOn } from './processes.ts';
import { fillOutbox, openWorld, seconds, type Servers } from './world.ts';

const COLLECTOR = fileURLToPath(new URL('../dev/sandbox/trace-collector.ts', import.meta.url));
const SAMPLED = '0.1';
const ROUND_MS = 120_000;
const START_MS = 10_000;

export interface TracesSize {
  readonly rounds: number;
  /** Requests of a round. */
  readonly requests: number;
  /** Events of a round. */
  readonly events: number;
}

/**
 * The web process, and the way from the outbox to the effect, with one trace in ten recorded and sent to a collector on
 * this machine, against the same without. The collector is a process of its own, but it has no cores of its own.
 */
export async function measureTraces(servers: Servers, { rounds, requests, events }: TracesSize): Promise<readonly Measure[]> {
  await using stack = new AsyncDisposableStack();
  const child = spawnBound(process.execPath, [COLLECTOR], { stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(() => void child.kill());
  const output = createInterface({ input: child.stdout as Readable });
  const [endpoint] = (await once(output, 'line', { signal: AbortSignal.timeout(START_MS) })) as [string];
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: SAMPLED };

  const open = async (env: Readonly<Record<string, string>>, start: typeof serve) => {
    const side = await start(servers, env);
    stack.defer(side.close);
    return side.run;
  };
  const measures: Measure[] = [];
  for (const { name, unit, count, start } of [
    { name: 'POST /tickets', unit: 'requests/s', count: requests, start: serve },
    { name: 'outbox to effect', unit: 'events/s', count: events, start: deliver },
  ]) {
    const before = await postsTo(endpoint);
    const [ours, baseline] = [await open(traced, start), await open({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, start)];
    measures.push(ratioOfRounds({
      name: `${name} with traces, against without`, unit, ...(await alternate({ ours, baseline, count, rounds })), bound: { atLeast: 0.95 },
    }));
    if ((await postsTo(endpoint)) === before) throw new Error(`${name}: no traces came`);
  }
  return measures;
}

const postsTo = async (endpoint: string) => Number(await (await fetch(`${endpoint}/posts`)).text());

type Run = (count: number) => Promise<void>;

/**
 * Figures of both sides by round. A round runs one side, the other side twice, and the first again, so that a machine
 * that grows slower or faster meanwhile is the same to both; the next round begins with the other side.
 */
async function alternate({ count, rounds, ...sides }: {
  readonly ours: Run;
  readonly baseline: Run;
  readonly count: number;
  readonly rounds: number;
}) {
  const figures = { ours: [] as number[], baseline: [] as number[] };
  const turns = [['ours', 'baseline', 'baseline', 'ours'], ['baseline', 'ours', 'ours', 'baseline']] as const;
  for (let round = 0; round <= rounds; round += 1) {
    const took = { ours: 0, baseline: 0 };
    for (const side of turns[round % 2] ?? []) took[side] += await seconds(() => sides[side](count / 2));
    if (round === 0) continue;
    for (const side of ['ours', 'baseline'] as const) figures[side].push(count / took[side]);
  }
  return figures;
}

/** A web process, and users who open tickets. */
async function serve(servers: Servers, env: Readonly<Record<string, string>>) {
  const world = await openWorld(servers, consumers);
  const customers = await openCustomers(world, { servers, env });
  const tenantId = await customers.foundTenant();
  const close = async () => {
    await customers.close();
    await world.close();
  };
  return { run: (count: number) => customers.openTickets(tenantId, count), close };
}

/** A relay and a worker process, and events until each is consumed. */
async function deliver(servers: Servers, env: Readonly<Record<string, string>>) {
  const world = await openWorld(servers, consumers);
  const processes = await startOn(world, { servers, formation: { relay: 1, worker: 1 }, env });
  const { sql, redis, prefix } = world;
  let owed = 0;
  const run = async (count: number) => {
    owed += count;
    await fillOutbox(sql, count, { traces: true });
    makeWake(redis, prefix)();
    await until('no delivery is on its way', () => isAtRest(sql), { deadlineMs: ROUND_MS });
    const [row] = await sql`select count(*)::integer as count from consumed_event`;
    if (row?.['count'] !== owed) throw new Error(`${row?.['count']} of ${owed} deliveries were consumed`);
  };
  const close = async () => {
    await processes.stop();
    await world.close();
  };
  return { run, close };
}

/** Returns true when no delivery is on its way. Counting those that arrived would cost PostgreSQL more with each round. */
async function isAtRest(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ isAtRest: boolean }[]>`
    select not exists (select from pending_event) and not exists (select from waiting_delivery)
       and not exists (select from queued_batch) as "isAtRest"
  `;
  return row?.isAtRest === true;
}
