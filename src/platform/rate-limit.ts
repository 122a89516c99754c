import { hash } from 'node:crypto';
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

/**
 * Counts requests in a window; who asks is known by a digest only. A process takes points from Redis in slices and
 * spends them without asking again, so all processes together never allow more than the limit. The others miss what one
 * process holds and does not spend: a slice is at most a twentieth of what is left.
 */
export interface RateLimit {
  /** Undefined when Redis is unavailable: the limit is open then. */
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
const SLICE = 1 / 20;
const MOST_SLICES = 20_000; // by then the oldest is given up, with its points

/** Points of one window that this process has taken from Redis. */
interface Slice {
  left: number;
  /** Points of the window that nobody has taken yet. */
  readonly others: number;
  readonly untilMs: number;
}

/** Opens a limit that is never in the way: without an answer within 100 ms it is open, and asks again in a second. */
export function openRateLimit({ redis, prefix, name, perMinute }: RateLimitOptions): RateLimit {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `${prefix}:limit:${name}`,
    points: perMinute,
    duration: WINDOW_SECONDS,
  });
  const slices = new Map<string, Slice>();
  const asking = new Map<string, Promise<Slice | undefined>>();
  let closedUntil = 0;

  /** Takes the next slice from Redis; all who ask for the same key meanwhile share it. */
  async function refill(key: string, others: number): Promise<Slice | undefined> {
    const points = Math.max(1, Math.floor(others * SLICE));
    const used = await Promise.race([limiter.consume(key, points).catch((rejected: unknown) => rejected), timeout()]);
    if (!(used instanceof RateLimiterRes)) {
      closedUntil = Date.now() + PAUSE_MS;
      return undefined;
    }
    const slice = toSlice(used, points, perMinute);
    const [oldest] = slices.keys();
    if (slices.size >= MOST_SLICES && oldest !== undefined) slices.delete(oldest);
    slices.set(key, slice);
    return slice;
  }

  return {
    async take(who) {
      const key = hash('sha256', who, 'base64url').slice(0, 22);
      for (;;) {
        const slice = slices.get(key);
        const isCurrent = slice !== undefined && Date.now() < slice.untilMs;
        if (isCurrent && (slice.left > 0 || slice.others === 0)) return spend(slice, perMinute);
        if (Date.now() < closedUntil) return undefined;
        const others = isCurrent ? slice.others : perMinute;
        const refilling = asking.get(key) ?? refill(key, others).finally(() => asking.delete(key));
        asking.set(key, refilling);
        if ((await refilling) === undefined) return undefined;
      }
    },
  };
}

const timeout = () => new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined).unref());

/** The points that were still there: of those asked for, some may be beyond the limit. */
function toSlice(used: RateLimiterRes, points: number, limit: number): Slice {
  const { consumedPoints, remainingPoints, msBeforeNext } = used;
  const before = consumedPoints - points;
  return {
    left: Math.max(0, Math.min(points, limit - before)),
    others: Math.max(0, remainingPoints),
    untilMs: Date.now() + Math.max(1, msBeforeNext),
  };
}

function spend(slice: Slice, limit: number): Allowance {
  const allowed = slice.left > 0;
  if (allowed) slice.left -= 1;
  const resetSeconds = Math.max(1, Math.ceil((slice.untilMs - Date.now()) / 1_000));
  return { allowed, limit, remaining: slice.left + slice.others, resetSeconds };
}
