import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { contracts } from '../../src/events/index.ts';
import type { Consumer } from '../../src/kernel/consumers/consumer.ts';
import type { AnyContract, Lane, NewEvent } from '../../src/events/contract/event.ts';
import { runConsumer } from '../../src/kernel/consumers/run-consumer.ts';
import { addBatches } from '../../src/outbox/add-batches.ts';
import { append } from '../../src/outbox/append.ts';
import { watchGenerations } from '../../src/outbox/generations.ts';
import { maintainPartitions } from '../../src/outbox/partitions.ts';
import type { RelayOptions } from '../../src/outbox/publish.ts';
import { refillQueues } from '../../src/outbox/refill.ts';
import { registerSubscribers } from '../../src/outbox/subscriptions.ts';
import { sweepConsumer } from '../../src/outbox/sweep.ts';
import { openLog } from '../../src/platform/log.ts';
import { consumerMetrics, openRegistry, relayMetrics } from '../../src/platform/metrics.ts';
import { queuesByName } from '../../src/platform/queues.ts';
import { openPatientRedis, openRedis, whenReady } from '../../src/platform/redis.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { createDatabase } from './database.ts';
import { redisPrefix } from './redis.ts';

const REFILL_MS = 20;

export interface SpineOptions<Ports> {
  readonly consumers: readonly Consumer<Ports>[];
  readonly ports: Ports;
  readonly contracts?: readonly AnyContract[];
  readonly redisUrl?: string;
  readonly queueDepth?: number;
  readonly canaryMs?: number;
}

/** The outbox, its relay's parts and running consumers over the calling test's own database and keys. */
export async function openSpine<Ports>(options: SpineOptions<Ports>) {
  const { consumers, ports, redisUrl, queueDepth = 64, canaryMs = 60_000 } = options;
  const { sql } = await createDatabase();
  await maintainPartitions(sql, new Date());
  await registerSubscribers(sql, options.contracts ?? contracts, consumers);

  const shared = redisPrefix();
  const url = redisUrl ?? shared.url;
  const { prefix } = shared;
  const lines = new PassThrough();
  const logged: string[] = [];
  lines.on('data', (chunk: Buffer) => logged.push(...chunk.toString().split('\n').filter(Boolean)));
  const log = openLog({ process: 'test', level: 'debug', destination: lines });
  const redis = await whenReady(openRedis({ url, name: 'test', log }));
  const queue = queuesByName({ redis, prefix });
  const registry = openRegistry();
  const relayed = relayMetrics(registry);
  const sweep = { sql, log, metrics: relayed, queue };
  const sweepLost = (consumer: string) => sweepConsumer(sweep, consumer, 0);
  const generations = watchGenerations({ sql, redis, log, queue, sweepLost });
  const relay: RelayOptions = {
    sql, redis, log, queue, generations, metrics: relayed, depth: queueDepth, probeKey: `${prefix}:probe`,
  };

  const refill = () => refillQueues(relay, new Map());

  const workerRedis = openPatientRedis({ url, name: 'test-worker', log });
  const metrics = consumerMetrics(registry);
  const stuck: string[] = [];
  const running = new Map<string, ReturnType<typeof runConsumer>>();
  const start = () => {
    for (const consumer of consumers) {
      const onStuck = (name: string) => stuck.push(name);
      running.set(consumer.name, runConsumer(consumer, {
        sql, ports, log, metrics, prefix, canaryMs, onStuck, wake: () => undefined,
        redis: workerRedis, queue: queue(consumer.name), lockMs: 5_000,
      }));
    }
  };
  const stop = async () => {
    await Promise.all([...running.values()].map((consumer) => consumer.close()));
    running.clear();
  };
  onTestFinished(async () => {
    await stop();
    await generations.close();
    workerRedis.disconnect();
    redis.disconnect();
  });

  return {
    sql, redis, prefix, queue, relay, registry, log, logged, stuck, start, stop,
    sweep: { ...sweep, graceMs: 0, everyMs: 1_000 },
    /** Moves everything due into queues with room. */
    refill,
    /** Does so again and again until the test ends. */
    keepRefilling() {
      const stop = new AbortController();
      const refilling = (async () => {
        while (!stop.signal.aborted) {
          await refill();
          await sleep(REFILL_MS);
        }
      })();
      onTestFinished(async () => {
        stop.abort();
        await refilling;
      });
    },
    /** Makes everything that waits due now. */
    makeDue: () => sql`update waiting_delivery set not_before = clock_timestamp(), is_due = true`,
    /** Adds a batch of its own to a queue, as a relay would. Returns the batch's id. */
    async enqueue(consumer: string, eventIds: readonly string[], lane: Lane = 'normal') {
      const id = crypto.randomUUID();
      await sql`insert into queued_batch (id, consumer_name, lane, event_ids) values (${id}, ${consumer}, ${lane}, ${eventIds as string[]}::uuid[])`;
      await addBatches(relay, [{ id, consumer, lane, eventIds, types: { TenantCreated: eventIds.length } }]);
      return id;
    },
    /** Sweeps every consumer without grace. */
    sweepAll: async () => {
      let missing = 0;
      for (const { name } of consumers) missing += await sweepLost(name);
      return missing;
    },
    commit: (...events: NewEvent[]) =>
      transaction(sql, (tx) => append(tx, ...events.map((event) => ({ event, origin: {} })))),
  };
}
