import type { Config } from '../config.ts';
import { relayMetrics, openRegistry } from '../platform/metrics.ts';
import { showMetrics } from '../platform/metrics-server.ts';
import { assertSchema } from '../platform/migrate.ts';
import { openPostgres, type PostgresOptions } from '../platform/postgres.ts';
import { queuesByName } from '../platform/queues.ts';
import { assertKeepsJobs, openPatientRedis, openRedis, whenReady } from '../platform/redis.ts';
import type { Runtime } from '../platform/runtime.ts';
import { watchGenerations } from './generations.ts';
import { maintainPartitions } from './partitions.ts';
import { onWake } from './wake.ts';
import { runRelay } from './run-relay.ts';
import { sweepConsumer } from './sweep.ts';

type RelayConfig = Pick<
  Config,
  'DATABASE_URL' | 'REDIS_URL' | 'REDIS_PREFIX' | 'METRICS_HOST' | 'METRICS_PORT' | 'QUEUE_DEPTH' | 'SWEEP_GRACE_SECONDS'
>;

const SWEEP_EVERY_MS = 5_000; // or as often as the grace, if that is shorter

/** Opens what a relay needs and sets it running until the stack is closed. */
export async function startRelay({ config, log, stack }: Pick<Runtime<RelayConfig>, 'config' | 'log' | 'stack'>): Promise<void> {
  const prefix = config.REDIS_PREFIX;
  const open = (options: Omit<PostgresOptions, 'url'>) =>
    stack.adopt(openPostgres({ url: config.DATABASE_URL, log, ...options }), (pool) => pool.end({ timeout: 2 }));
  const sql = open({ name: 'relay', connections: 4, synchronousCommit: 'off' });
  const sweepSql = open({ name: 'relay-sweep', connections: 2, planAfresh: true, statementTimeoutMs: 120_000 });
  await assertSchema(sql);
  const redis = stack.adopt(openRedis({ url: config.REDIS_URL, name: 'relay', log }), (client) => client.disconnect());
  await whenReady(redis);
  await assertKeepsJobs(redis);
  await maintainPartitions(sql, new Date());

  const registry = openRegistry();
  const metrics = relayMetrics(registry);
  const queue = queuesByName({ redis, prefix });
  const sweep = { sql: sweepSql, log, metrics, queue };
  const generations = watchGenerations({ sql, redis, log, queue, sweepLost: (consumer) => sweepConsumer(sweep, consumer, 0) });
  const graceMs = config.SWEEP_GRACE_SECONDS * 1_000;
  const relay = stack.adopt(
    runRelay({
      sql, redis, log, metrics, queue, generations,
      depth: config.QUEUE_DEPTH,
      probeKey: `${prefix}:probe`,
      sweep: { ...sweep, graceMs, everyMs: Math.min(SWEEP_EVERY_MS, graceMs) },
    }),
    (running) => running.close(),
  );
  const ear = stack.adopt(openPatientRedis({ url: config.REDIS_URL, name: 'relay-ear', log }), (client) => client.disconnect());
  await onWake(ear, prefix, relay.wake);
  await showMetrics(registry, config, stack);
}
