import { createHash } from 'node:crypto';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Redis } from './redis.ts';

/** How much of a limit is used. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the limit is full again. */
  readonly resetSeconds: number;
}

/** Counts requests in a window; who asks is known by a digest only. */
export interface RateLimit {
  /** Undefined when Redis is away: the limit is open then. */
  take(who: string): Promise<Allowance | undefined>;
}

export interface RateLimitOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** Names the limit in Redis. */
  readonly name: string;
  readonly perMinute: number;
}

const WINDOW_SECONDS = 60;
const PATIENCE_MS = 100;
const PAUSE_MS = 1_000;

/** A limit that is never in the way: without an answer within 100 ms it stays open, and asks again a second later. */
export function openRateLimit({ redis, prefix, name, perMinute }: RateLimitOptions): RateLimit {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `${prefix}:limit:${name}`,
    points: perMinute,
    duration: WINDOW_SECONDS,
  });
  let closedUntil = 0;
  return {
    async take(who) {
      if (Date.now() < closedUntil) return undefined;
      const key = createHash('sha256').update(who).digest('base64url').slice(0, 22);
      const used = await Promise.race([limiter.consume(key).catch((rejected: unknown) => rejected), timeout()]);
      if (used instanceof RateLimiterRes) return toAllowance(used, perMinute);
      closedUntil = Date.now() + PAUSE_MS;
      return undefined;
    },
  };
}

const timeout = () => new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined).unref());

function toAllowance({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes, limit: number): Allowance {
  const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return { allowed: consumedPoints <= limit, limit, remaining: remainingPoints, resetSeconds };
}
