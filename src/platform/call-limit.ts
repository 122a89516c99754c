import { RateLimiterQueue, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Redis } from './redis.ts';

export interface CallLimitOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** Names the limit in Redis. */
  readonly name: string;
  /** Calls that may begin in a second, in all processes together. */
  readonly perSecond: number;
}

const SHARES = 40; // a process asks Redis for a fortieth of a second's calls at once
const KEPT_MS = 1_000; // a share that was not used is another second's

/**
 * Makes a limit on calls of a provider. The function resolves to how many calls may begin, from 1 to the number that is
 * wanted; without Redis, at once.
 */
export function limitCalls({ redis, prefix, name, perSecond }: CallLimitOptions): (wanted: number) => Promise<number> {
  const limiter = new RateLimiterRedis({ storeClient: redis, keyPrefix: `${prefix}:calls:${name}`, points: perSecond, duration: 1 });
  const queue = new RateLimiterQueue(limiter);
  const share = Math.max(1, Math.floor(perSecond / SHARES));
  let calls = 0;
  let keptUntil = 0;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    await queue.removeTokens(share).catch(() => undefined);
    calls = share;
    keptUntil = performance.now() + KEPT_MS;
  }

  return async (wanted) => {
    while (calls === 0 || performance.now() > keptUntil) {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      await asking;
    }
    const count = Math.min(wanted, calls);
    calls -= count;
    return count;
  };
}
