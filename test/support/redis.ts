import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startRedis } from '../../dev/services/redis.ts';
import type { Server } from '../../dev/services/server.ts';
import { openLog } from '../../src/platform/log.ts';
import { openPatientRedis, openRedis, type Redis, whenReady } from '../../src/platform/redis.ts';

/** The shared Redis and the calling test's own key prefix; its keys are deleted when the test ends. */
export function redisPrefix(): { readonly url: string; readonly prefix: string } {
  const url = process.env['REDIS_URL'] ?? '';
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  onTestFinished(() => deleteKeys(url, prefix));
  return { url, prefix };
}

/** A connection that fails at once while Redis is away; it is closed when the calling test ends. */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = openRedis({ url, name: 'test', log: openLog({ process: 'test', level: 'silent' }) });
  onTestFinished(() => redis.disconnect());
  return whenReady(redis);
}

/** A Redis process of the calling test's own, for tests that empty it, stop it or kill it. */
export async function isolatedRedis(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'columna-redis-'));
  const server = await startRedis({ folder });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return server;
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const redis = openPatientRedis({ url, name: 'test-cleaner', log: openLog({ process: 'test', level: 'silent' }) });
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if (keys.length > 0) await redis.unlink(keys);
  }
  redis.disconnect();
}
