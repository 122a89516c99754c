import type { Redis } from './redis.ts';

/**
 * Takes a lock for a while, so that others need not do the same. It saves work and guards nothing: without Redis
 * everybody has it.
 */
export async function lockForWhile(redis: Redis, { prefix, name, forMs }: { readonly prefix: string; readonly name: string; readonly forMs: number }): Promise<boolean> {
  if (redis.status !== 'ready') return true;
  return redis.set(`${prefix}:lock:${name}`, '1', 'PX', forMs, 'NX').then((taken) => taken !== null, () => true);
}
