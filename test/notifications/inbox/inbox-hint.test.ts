import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { expect, onTestFinished, test } from 'vitest';
import { makeInboxHint, onInboxHint } from '../../../src/notifications/inbox/inbox-hint.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openPatientRedis, openRedis } from '../../../src/platform/redis.ts';
import { createDatabase } from '../../support/database.ts';
import { connectRedis, isolatedRedis, redisPrefix } from '../../support/redis.ts';
import { openSse } from '../../support/sse.ts';
import { makeToken } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';
import { startWebProcess } from '../../support/web-process.ts';

const silent = openLog({ process: 'test', level: 'silent' });

test('a hint wakes the streams of every process, and a read mark made at one is told by the other', async () => {
  const { sql, url: DATABASE_URL } = await createDatabase();
  const { url: REDIS_URL, prefix: REDIS_PREFIX } = redisPrefix();
  const env = { DATABASE_URL, REDIS_URL, REDIS_PREFIX };
  const [first, second] = await Promise.all([startWebProcess(env), startWebProcess(env)]);
  const redis = await connectRedis(REDIS_URL);
  await until('both listen to hints', async () => (await redis.pubsub('NUMSUB', `${REDIS_PREFIX}:inbox`))[1] === 2);
  const userId = randomUUID();
  const token = await makeToken({ userId });
  const streams = [];
  for (const { url } of [first, second]) streams.push(await openSse({ url: `${url}/notifications/stream`, token }));
  const beganMs = performance.now();
  const id = uuidv7();
  await sql`
    insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, body, status)
    values (${id}, ${uuidv7()}, ${userId}, 'inbox', 'ticket-created', 1, 'es', '{}', 'x', 'delivered')
  `;
  makeInboxHint(redis, REDIS_PREFIX)([userId]);
  for (const stream of streams) await until('it has come', () => stream.ids().includes(id));
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': 'k' };
  await fetch(`${first.url}/notifications/read`, { method: 'POST', headers, body: JSON.stringify({ ids: [id] }) });
  for (const stream of streams) {
    await until('the mark has come', () => stream.events.length === 2);
    expect(stream.events[1]).toMatchObject({ event: 'read', data: { ids: [id] } });
  }
  expect(performance.now() - beganMs).toBeLessThan(8_000); // sooner than a process looks by itself
  const stopMs = performance.now();
  expect(await Promise.all([first.stop(), second.stop()])).toEqual([0, 0]);
  expect(performance.now() - stopMs).toBeLessThan(5_000); // sooner than its patience with requests under way
  await Promise.all(streams.map(({ ended }) => ended));
  for (const stream of streams) expect(stream.events.at(-1)?.event).toBe('bye');
});

test('hints of one turn are one message of user ids and nothing else, and a lost Redis is no error', async () => {
  const server = await isolatedRedis();
  const redis = await connectRedis(server.url);
  const subscriber = openPatientRedis({ url: server.url, name: 'test', log: silent });
  onTestFinished(() => subscriber.disconnect());
  const heard: (readonly string[])[] = [];
  await onInboxHint(subscriber, 'p', (userIds) => heard.push(userIds));
  const hint = makeInboxHint(redis, 'p');
  hint(['a', 'b']);
  hint(['b', 'c']);
  hint([]);
  await until('it was heard', () => heard.length > 0);
  hint(Array.from({ length: 501 }, (_, index) => String(index)));
  await until('the parts of many were heard', () => heard.length > 2);
  expect([heard[0], heard[1]?.length, heard[2]?.length]).toEqual([['a', 'b', 'c'], 500, 1]);

  const away = openRedis({ url: 'redis://127.0.0.1:1', name: 'test', log: silent });
  onTestFinished(() => away.disconnect());
  makeInboxHint(away, 'p')(['a']);
  await server.stop();
  hint(['a']);
  await new Promise(setImmediate);
});

test('without Redis a process still serves streams, and stops', async () => {
  const { url: DATABASE_URL } = await createDatabase();
  const { url, stop } = await startWebProcess({ DATABASE_URL, REDIS_URL: 'redis://127.0.0.1:1', REDIS_PREFIX: 'none' });
  const stream = await openSse({ url: `${url}/notifications/stream`, token: await makeToken() });
  expect(await stop()).toBe(0);
  await stream.ended;
  expect(stream.events.map(({ event }) => event)).toEqual(['bye']);
});
