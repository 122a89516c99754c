import type { Redis } from 'ioredis';
import { PLANTED } from './client.ts';

const SAMPLE = 5_000;

/** Where in Redis a planted text stands, among the first few thousand keys. */
export async function findLeaks(redis: Redis): Promise<string[]> {
  const leaks: string[] = [];
  let seen = 0;
  for await (const keys of redis.scanStream({ count: 500 })) {
    for (const key of keys as string[]) {
      if (key.includes(PLANTED) || (await valueOf(redis, key)).includes(PLANTED)) leaks.push(`the Redis key ${key}`);
    }
    seen += keys.length;
    if (seen > SAMPLE) break;
  }
  return leaks;
}

async function valueOf(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'string':
      return (await redis.get(key)) ?? '';
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, 100));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+', 'COUNT', 100));
    default:
      return '';
  }
}
