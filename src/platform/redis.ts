import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChainableCommander, Redis } from 'ioredis';
import { isDemotedNode } from './errors/redis-errors.ts';
import type { Logger } from './log.ts';
import { failSpan, startChild } from './telemetry.ts';
import { Unavailable } from './unavailable.ts';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  readonly name: string;
  readonly log: Logger;
  /** Limits of silence, for tests. */
  readonly limits?: Partial<RedisLimits>;
}

interface RedisLimits {
  /** Silence after a command until its connection is replaced. */
  readonly silenceMs: number;
  /** Time between two pings, so that a path on which nobody asks is tried as well. */
  readonly pingMs: number;
}

const COMMAND_MS = 5_000;
const BLOCKED_MS = 15_000; // BullMQ's workers block for ten seconds at most
const PING_MS = 5_000;
const REFUSED_MS = 500;
const DEMOTED_MS = 1_000; // between two connections to a node that stays demoted

const reconnectMs = (attempt: number) => Math.min(50 * 2 ** attempt, 1_000);

/**
 * Opens a connection whose commands fail at once while Redis is unavailable. A command out of time fails, and its
 * connection is replaced: TCP keeps one open that carries nothing any more.
 */
export function openRedis({ url, name, log, limits = {} }: RedisOptions): Redis {
  const { silenceMs = COMMAND_MS, pingMs = PING_MS } = limits;
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: silenceMs,
    socketTimeout: silenceMs,
    connectTimeout: 2_000,
    ...leaveDemotedNode('fail'),
  });
  return pingEvery(listen(traced(redis), log), pingMs);
}

/** Opens a connection whose commands wait for Redis: for workers and subscribers. `duplicate()` drops only the pings. */
export function openPatientRedis({ url, name, log, limits = {} }: RedisOptions): Redis {
  const { silenceMs = BLOCKED_MS, pingMs = PING_MS } = limits;
  const redis = new Redis(url, {
    connectionName: name,
    maxRetriesPerRequest: null,
    socketTimeout: silenceMs,
    connectTimeout: 2_000,
    ...leaveDemotedNode('resend'),
  });
  return pingEvery(listen(paceRefusals(redis), log), pingMs);
}

/**
 * Reconnects when a reply says that the node is no primary: after a fail-over old connections stay on a replica, and
 * new ones reach the primary.
 */
function leaveDemotedNode(command: 'fail' | 'resend') {
  let demotedAt = -Infinity;
  let isAgain = false;
  let isNoticed = false; // by an earlier reply on this connection
  return {
    reconnectOnError(error: Error) {
      if (!isDemotedNode(error)) return false;
      const now = performance.now();
      if (!isNoticed) isAgain = now - demotedAt < 5 * DEMOTED_MS;
      demotedAt = now;
      isNoticed = true;
      return command === 'resend' ? 2 : 1;
    },
    retryStrategy(attempt: number) {
      isNoticed = false;
      return isAgain && performance.now() - demotedAt < 5 * DEMOTED_MS ? DEMOTED_MS : reconnectMs(attempt);
    },
  } as const;
}

/** Passes a refusal on after a pause: BullMQ's workers ask again at once, 7,700 times a second where memory is full. */
function paceRefusals(redis: Redis): Redis {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    const sent = send(command, stream);
    // What a connection says of itself, Redis before 7.2 refuses: nothing is asked again for that.
    if (stream !== undefined || !(sent instanceof Promise) || command.name === 'client') return sent;
    return sent.catch(async (error: unknown) => {
      if (isRefusal(error)) await sleep(REFUSED_MS);
      throw error;
    });
  };
  return redis;
}

/** A script that Redis does not know yet is sent in full at once. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ReplyError' && !error.message.startsWith('NOSCRIPT');

/** Pings while the connection is used, so that `socketTimeout` sees a path that a subscriber only listens to. */
function pingEvery(redis: Redis, everyMs: number): Redis {
  const timer = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined); // the connection reports it
  }, everyMs).unref();
  redis.once('end', () => clearInterval(timer));
  return redis;
}

/** Lets each command be a span of whatever asks for it: its name only, for keys and arguments may say who. */
function traced(redis: Redis): Redis {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    const operation = command.name.toUpperCase();
    const span = startChild(operation, { 'db.system.name': 'redis', 'db.operation.name': operation });
    const sent = send(command, stream);
    if (span !== undefined) {
      const fail = (error: unknown) => {
        failSpan(span, error);
        span.end();
      };
      void command.promise.then(() => span.end(), fail);
    }
    return sent;
  };
  return redis;
}

/** One line when Redis goes and one when it is back; an `error` event nobody hears would end the process. */
function listen(redis: Redis, log: Logger): Redis {
  let away = false;
  redis.on('error', (error) => {
    if (!away) log.warn({ error }, 'redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('redis is back');
    away = false;
  });
  return redis;
}

/** Runs a call of Redis. @throws {Unavailable} for any error: no answer of Redis is about an event. */
export async function callRedis<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable('redis cannot be used', { cause: error });
  }
}

/** Runs a pipeline and returns its answers. @throws {Unavailable} when any of its commands failed. */
export function runPipeline(pipeline: Pick<ChainableCommander, 'exec'>): Promise<readonly unknown[]> {
  return callRedis(async () => {
    const answers = (await pipeline.exec()) ?? [];
    for (const [error] of answers) if (error !== null) throw error;
    return answers.map(([, value]) => value);
  });
}

/** Refuses a Redis that may throw jobs away when memory runs short. */
export async function assertKeepsJobs(redis: Redis): Promise<void> {
  const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1];
  if (policy !== 'noeviction') throw new Error(`REDIS_URL: maxmemory-policy is ${policy}; set it to noeviction`);
}

/** Waits until a connection that queues nothing can take commands. */
export async function whenReady(redis: Redis): Promise<Redis> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(10_000) });
  return redis;
}
