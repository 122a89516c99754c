import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tenantBody } from '../support/app.ts';
import { isolatedRedis } from '../support/redis.ts';
import { openShop, post, settled, someone, startSystem, type System, wrongEffects } from '../support/system.ts';
import { until } from '../support/until.ts';

test('a worker killed inside its transaction and a Redis that forgets everything change no effect', async () => {
  const { url: redisUrl } = await isolatedRedis();
  const system = await startSystem({ formation: { web: 1, relay: 2, worker: 2 }, redisUrl });
  const { sql, redis, failpoints, ends, kill, issueToken } = system;

  const armed = join(failpoints, 'reaction.inside');
  writeFileSync(armed, '');
  const token = await issueToken({ ...someone(), contact: tenantBody.contact }, { roles: ['user'] });
  await Promise.all(Array.from({ length: 20 }, () => post(system, { token, path: '/tenants', body: tenantBody })));
  await until('a worker dies inside its transaction', () => !existsSync(armed) && ends.length === 1);
  expect(ends[0]).toMatchObject({ process: expect.stringContaining('worker'), how: 'SIGKILL' });
  await settled(system);
  expect(await wrongEffects(system)).toEqual([]);

  const openTicket = await openShop(system);
  await settled(system);
  // A batch's row outlives its deliveries for a moment.
  await until('no batch is left', async () => (await sql`select from queued_batch`).length === 0);
  for (const worker of ['worker.1', 'worker.2']) kill(worker, 'SIGSTOP');
  await Promise.all(Array.from({ length: 20 }, openTicket));
  await until('what was published is in Redis', async () => (await unpublished(system)) === 0);
  const lost = await sql`select consumer_name, unnest(event_ids) as event_id from queued_batch`;
  expect(lost.length).toBeGreaterThan(0);
  await redis.flushall();
  for (const worker of ['worker.1', 'worker.2']) kill(worker, 'SIGCONT');
  await settled(system);
  expect(await wrongEffects(system)).toEqual([]);
  // The watch of the queue's value or the sweep notices, whichever looks first.
  expect(await sql`select from republication`).toHaveLength(lost.length);
  expect(await sql`select from dead_letter`).toHaveLength(0);
});

/** Counts the pending events, and the batches that are not yet in Redis. */
async function unpublished({ sql, redis, prefix }: System): Promise<number> {
  const pending = await sql`select from outbox_event where status = 'pending'`;
  const batches = await sql<{ consumer: string; id: string }[]>`select consumer_name as consumer, id from queued_batch`;
  const added = await Promise.all(batches.map(({ consumer, id }) => redis.exists(`${prefix}:${consumer}:${id}`)));
  return pending.length + added.filter((count) => count === 0).length;
}
