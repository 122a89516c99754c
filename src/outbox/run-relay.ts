import { setTimeout as sleep } from 'node:timers/promises';
import { every } from '../kernel/every.ts';
import type { Generation } from './generation.ts';
import type { Sql } from '../platform/postgres.ts';
import { RELAY_BATCH_LIMIT, type RelayOptions, relayBatch } from './relay.ts';
import { sweep } from './sweep.ts';

const LANES = 2; // measured: a third adds nothing
const IDLE_MIN_MS = 20;
const IDLE_MAX_MS = 500;
const TROUBLE_MAX_MS = 2_000;
const SWEEP_EVERY_MS = 5_000; // or as often as the grace, if that is shorter

export interface RunningRelay {
  /** Something was committed: look at once. */
  wake(): void;
  /** Ends the batch at hand and stops. */
  close(): Promise<void>;
}

export interface RunRelayOptions extends RelayOptions {
  /** For the sweep, which reads much and must not hold up the batches. */
  readonly sweepSql: Sql;
  readonly generation: Generation;
  readonly graceMs: number;
}

/** Runs a relay until closed: batches as long as there are any, and the sweep beside them. */
export function runRelay(options: RunRelayOptions): RunningRelay {
  const { log } = options;
  const stop = new AbortController();
  let wake = Promise.withResolvers<void>();

  let accounting: Promise<void> | undefined;
  async function relay(): Promise<number> {
    accounting ??= accountForRedis(options).finally(() => {
      accounting = undefined;
    });
    await accounting;
    return relayBatch(options);
  }

  /** Works a backlog off in lanes: while one waits for PostgreSQL, another feeds Redis. */
  async function drain(): Promise<void> {
    const lane = async () => {
      while (!stop.signal.aborted && (await relay()) === RELAY_BATCH_LIMIT);
    };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  }

  async function rest(ms: number): Promise<void> {
    if (ms === 0 || stop.signal.aborted) return;
    const alarm = new AbortController();
    await Promise.race([sleep(ms, undefined, { signal: alarm.signal }).catch(() => undefined), wake.promise]);
    alarm.abort();
    wake = Promise.withResolvers();
  }

  async function relaying(): Promise<void> {
    let idleMs = IDLE_MIN_MS;
    for (let troubleMs = 50; !stop.signal.aborted; ) {
      try {
        const count = await relay();
        if (count === RELAY_BATCH_LIMIT) await drain();
        idleMs = count > 0 ? IDLE_MIN_MS : Math.min(idleMs * 2, IDLE_MAX_MS);
        troubleMs = 50;
        if (count === 0) await rest(idleMs);
      } catch (error) {
        if (troubleMs === 50) log.warn({ error }, 'relay waits: what it depends on is away');
        await rest(troubleMs);
        troubleMs = Math.min(troubleMs * 2, TROUBLE_MAX_MS);
      }
    }
  }

  const sweeping = { log, stop: stop.signal, what: 'sweep', everyMs: Math.min(SWEEP_EVERY_MS, options.graceMs) };
  const loops = [relaying(), every(sweeping, () => sweep({ ...options, sql: options.sweepSql }, options.graceMs, stop.signal))];

  const wakeUp = () => wake.resolve();
  return {
    wake: wakeUp,
    async close() {
      stop.abort();
      wakeUp();
      await Promise.all(loops);
    },
  };
}

/** A Redis in another life than the last one accounted for has lost its jobs: all that is open is published again now. */
async function accountForRedis(options: RunRelayOptions): Promise<void> {
  const { current, accounted } = await options.generation.check();
  if (current === accounted) return;
  if (accounted !== undefined) options.log.warn('redis was emptied: publishing again what was in it');
  await sweep({ ...options, sql: options.sweepSql }, 0);
  await options.generation.acknowledge(current);
}
