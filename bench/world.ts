import { contracts } from '../src/events/index.ts';
import type { Consumer } from '../src/kernel/consumers/consumer.ts';
import { watchGenerations } from '../src/outbox/generations.ts';
import { maintainPartitions } from '../src/outbox/partitions.ts';
import type { RelayOptions } from '../src/outbox/publish.ts';
import { registerSubscribers } from '../src/outbox/subscriptions.ts';
import { sweepConsumer } from '../src/outbox/sweep.ts';
import { openLog } from '../src/platform/log.ts';
import { consumerMetrics, openRegistry, relayMetrics } from '../src/platform/metrics.ts';
import { migrate } from '../src/platform/migrate.ts';
import { type Db, openPostgres, type Sql } from '../src/platform/postgres.ts';
import { queuesByName } from '../src/platform/queues.ts';
import { openPatientRedis, openRedis, whenReady } from '../src/platform/redis.ts';
import { createDatabase } from './database.ts';

/** Where a bench's servers are. */
export interface Servers {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** A fresh database and key prefix with the given consumers subscribed, and what relay and consumers run on. */
export async function openWorld({ databaseUrl, redisUrl }: Servers, consumers: readonly Consumer<object>[]) {
  const stack = new AsyncDisposableStack();
  const { name, url } = stack.use(await createDatabase(databaseUrl));
  const sql: Sql = openPostgres({ url, name: 'bench', connections: 10 });
  stack.defer(() => sql.end({ timeout: 5 }));
  await migrate(sql);
  await maintainPartitions(sql, new Date());
  await registerSubscribers(sql, contracts, consumers);

  const log = openLog({ process: 'bench', level: process.env['BENCH_LOG'] ?? 'fatal' });
  const redis = openRedis({ url: redisUrl, name: 'bench', log });
  const patient = openPatientRedis({ url: redisUrl, name: 'bench-worker', log });
  for (const client of [redis, patient]) stack.defer(() => client.disconnect());
  await whenReady(redis);
  const queue = queuesByName({ redis, prefix: name });
  const registry = openRegistry();
  const relaySql = openPostgres({ url, name: 'bench-relay', connections: 4, synchronousCommit: 'off' });
  stack.defer(() => relaySql.end({ timeout: 5 }));
  const relayed = relayMetrics(registry);
  const sweep = { sql: relaySql, log, metrics: relayed, queue };
  const sweepLost = (consumer: string) => sweepConsumer(sweep, consumer, 0);
  const generations = watchGenerations({ sql: relaySql, redis, log, queue, sweepLost });
  stack.defer(() => generations.close());
  const relay: RelayOptions = {
    sql: relaySql, redis, log, queue, generations, metrics: relayed, depth: 64, probeKey: `${name}:probe`,
  };
  const metrics = consumerMetrics(registry);
  return { url, sql, log, redis, patient, queue, relay, sweep, prefix: name, metrics, close: () => stack.disposeAsync() };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

export interface FillOptions {
  /** True to make one event in ten part of a recorded trace. */
  readonly traces?: boolean;
  readonly tenantId?: string | undefined;
  /** Milliseconds since the events are said to have happened. */
  readonly ageMs?: number;
}

/** Commits `count` events straight into the outbox with one statement. */
export async function fillOutbox(
  sql: Db,
  count: number,
  { traces = false, tenantId, ageMs = 0 }: FillOptions = {},
): Promise<void> {
  await sql`
    insert into outbox_event (id, event_type, schema_version, occurred_at, tenant_id, payload_json, correlation_id, traceparent)
    select ids.id, 'TenantCreated', 1, now(), ${tenantId ?? null}::uuid,
           jsonb_build_object('tenantId', ids.id, 'ownerUserId', ids.id, 'name', 'Taller Norte'), ids.id,
           case when ${traces} then '00-' || md5(ids.id::text) || '-' || left(md5(ids.id::text), 16)
                                 || case when n % 10 = 0 then '-01' else '-00' end end
    from (
      select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint - ${ageMs}::bigint), 12, '0')
              || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(random()::text), 1, 15))::uuid as id, n
      from generate_series(1, ${count}) as n
    ) as ids
  `;
  await sql`analyze outbox_event`;
}

/** Seconds that something took. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1_000;
}
