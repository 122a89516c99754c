import { onTestFinished } from 'vitest';
import { openLog } from '../../src/platform/log.ts';
import { openPatientRedis, type Redis } from '../../src/platform/redis.ts';

/** Hears every command that reaches a Redis from now on: what is there for a moment, or only published, is heard as well. */
export async function spyOnRedis(url: string): Promise<{ readonly heard: readonly string[] }> {
  const redis = openPatientRedis({ url, name: 'spy', log: openLog({ process: 'spy', level: 'silent' }) });
  const monitor = await redis.monitor();
  const heard: string[] = [];
  monitor.on('monitor', (_: string, command: readonly string[]) => void heard.push(command.join(' ')));
  onTestFinished(() => {
    monitor.disconnect();
    redis.disconnect();
  });
  return { heard };
}

/** Every key of a Redis with all that stands under it. */
export async function readAll(redis: Redis): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const keys of redis.scanStream({ count: 500 })) {
    for (const key of keys as string[]) all.push(`${key} ${JSON.stringify(await valueOf(redis, key))}`);
  }
  return all;
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return ''; // it has expired since
  }
}
