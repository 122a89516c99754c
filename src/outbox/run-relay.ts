import { setTimeout as sleep } from 'node:timers/promises';
import { every } from '../platform/every.ts';
import { probeRedis } from './probe-redis.ts';
import { makePublisher, type Published, type RelayOptions } from './publish.ts';
import { refillQueues } from './refill.ts';
import { type SweepOptions, type SweepTimes, sweepDue } from './sweep.ts';

const PUBLISHERS = 2; // measured: a third adds nothing
const IDLE_MIN_MS = 20;
const IDLE_MAX_MS = 500;
const FULL_MIN_MS = 20; // until a full queue is looked at again: what waits in it lasts longer
const FULL_MAX_MS = 50;
const TROUBLE_MIN_MS = 50;
const TROUBLE_MAX_MS = 2_000;

export interface RunningRelay {
  /** Something was committed: look at once. */
  wake(): void;
  /** Ends what is at hand and stops. */
  close(): Promise<void>;
}

export interface RunRelayOptions extends RelayOptions {
  /** The sweep reads much and must not hold up publishing. */
  readonly sweep: SweepOptions & SweepTimes;
}

/** Runs a relay until closed: publishes as long as there is anything, refills queues, and sweeps when its turn comes. */
export function runRelay(options: RunRelayOptions): RunningRelay {
  const { log, sweep } = options;
  const stop = new AbortController();
  const publisher = makeRest(stop.signal);
  const refiller = makeRest(stop.signal);
  const turns = new Map<string, string>();

  /** Runs a step again and again; after a failure Redis has to prove that it takes writes before the next one. */
  async function loop(what: string, rest: Rest, step: () => Promise<number>): Promise<void> {
    for (let troubleMs = 0; !stop.signal.aborted; ) {
      try {
        if (troubleMs > 0) await probeRedis(options.redis, options.probeKey);
        const restMs = await step();
        if (troubleMs > 0) log.info({ what }, 'relay goes on');
        troubleMs = 0;
        await rest.forMs(restMs);
      } catch (error) {
        if (troubleMs === 0) log.warn({ error, what }, 'relay waits: a dependency is unavailable');
        troubleMs = Math.min(Math.max(TROUBLE_MIN_MS, troubleMs * 2), TROUBLE_MAX_MS);
        await sleep(troubleMs, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
  }

  let idleMs = IDLE_MIN_MS;
  async function publish(): Promise<number> {
    const { events, isFull, isMore } = await publishOnce();
    if (isMore) await drain();
    if (isFull && events === 0) return FULL_MIN_MS;
    idleMs = events > 0 ? IDLE_MIN_MS : Math.min(idleMs * 2, IDLE_MAX_MS);
    return idleMs;
  }

  /** Publishes a backlog side by side: while one publisher waits for PostgreSQL, another feeds Redis. */
  async function drain(): Promise<void> {
    const publishAll = async () => {
      while (!stop.signal.aborted && (await publishOnce()).isMore);
    };
    const ended = await Promise.allSettled(Array.from({ length: PUBLISHERS }, publishAll));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  const publishNext = makePublisher(options);
  async function publishOnce(): Promise<Published> {
    const published = await publishNext();
    if (published.waiting > 0) refiller.wake();
    return published;
  }

  let fullMs = FULL_MIN_MS;
  async function refill(): Promise<number> {
    const { deliveries, isMore } = await refillQueues(options, turns);
    fullMs = deliveries > 0 ? FULL_MIN_MS : Math.min(fullMs * 2, FULL_MAX_MS);
    if (!isMore) return IDLE_MAX_MS;
    return deliveries > 0 ? 0 : fullMs;
  }

  const sweeping = { log, stop: stop.signal, what: 'sweep', everyMs: sweep.everyMs };
  const loops = [
    loop('publish', publisher, publish),
    loop('refill', refiller, refill),
    every(sweeping, () => sweepDue(sweep, sweep, stop.signal)),
  ];
  return {
    wake: publisher.wake,
    async close() {
      stop.abort();
      await Promise.all(loops);
      await options.generations.close();
    },
  };
}

interface Rest {
  /** Rests so long, unless woken or stopped. */
  forMs(ms: number): Promise<void>;
  wake(): void;
}

function makeRest(stop: AbortSignal): Rest {
  let woken = Promise.withResolvers<void>();
  const wake = () => woken.resolve();
  stop.addEventListener('abort', wake);
  return {
    async forMs(ms) {
      if (ms === 0 || stop.aborted) return;
      const timer = setTimeout(wake, ms);
      await woken.promise;
      clearTimeout(timer);
      woken = Promise.withResolvers();
    },
    wake,
  };
}
