import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';

const WORKING_SHARE = 10; // something takes at most a tenth of the time

export interface EveryOptions {
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** Named in the log when it fails. */
  readonly what: string;
  readonly everyMs: number;
}

/** Does something now and then until stopped, and rests longer when it took long; a failure waits for the next time. */
export async function every({ log, stop, what, everyMs }: EveryOptions, run: () => Promise<unknown>): Promise<void> {
  while (!stop.aborted) {
    const began = performance.now();
    try {
      await run();
    } catch (error) {
      log.warn({ error, what }, 'upkeep failed');
    }
    const tookMs = performance.now() - began;
    await sleep(Math.max(everyMs, tookMs * WORKING_SHARE), undefined, { signal: stop }).catch(() => undefined);
  }
}
