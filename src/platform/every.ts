import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './log.ts';

export interface EveryOptions {
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** Named in the log when it fails. */
  readonly what: string;
  readonly everyMs: number;
}

/** Runs something again and again until stopped, with a rest in between; a failure waits for the next time. */
export async function every({ log, stop, what, everyMs }: EveryOptions, run: () => Promise<unknown>): Promise<void> {
  while (!stop.aborted) {
    try {
      await run();
    } catch (error) {
      log.warn({ error, what }, 'upkeep failed');
    }
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
  }
}
