import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from './log.ts';
import { failSpan, startChild } from './telemetry.ts';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  readonly name: string;
  readonly log: Logger;
}

const reconnectMs = (attempt: number) => Math.min(50 * 2 ** attempt, 1_000);

/** A connection that fails at once while Redis is away: for whoever has something better to do than wait. */
export function openRedis({ url, name, log }: RedisOptions): Redis {
  return listen(
    traced(new Redis(url, {
      connectionName: name,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 5_000,
      connectTimeout: 2_000,
      retryStrategy: reconnectMs,
    })),
    log,
  );
}

/** A connection that waits for Redis to come back: for workers and subscribers. */
export function openPatientRedis({ url, name, log }: RedisOptions): Redis {
  return listen(new Redis(url, { connectionName: name, maxRetriesPerRequest: null, retryStrategy: reconnectMs }), log);
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
