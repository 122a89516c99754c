import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { contracts } from '../../../src/events/index.ts';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import { openQueue } from '../../../src/platform/queues.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';
import { commit, consume, die, enqueue, fail, publishAll } from '../../support/outbox-rows.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';

const EVENTS = '/backoffice/ui/events';
const subscribers = ['count', 'notify'].map((name) => ({ name, on: [tenantCreated] }));

async function setUp() {
  const { sql } = await createDatabase();
  await registerSubscribers(sql, contracts, subscribers);
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  const open = subscribers.map(({ name }) => openQueue(name, { redis, prefix }));
  const app = createApp(appDeps(sql, { queues: async () => open }));
  const unseeing = createApp(appDeps(sql, { queues: async () => undefined }));
  return { sql, notify: open[1], operator: await signInOperator(app), unseeing: await signInOperator(unseeing) };
}

/** What the timeline says, step by step. */
function steps(page: string): readonly string[] {
  const list = /<ol class="timeline">(.*?)<\/ol>/s.exec(page)?.[1] ?? '';
  return [...list.matchAll(/<li class="(\w+)">.*?<span class="what">(.*?)<\/span>\s*<\/li>/gs)].map(
    ([, tone, what = '']) => `${tone}: ${what.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ').trim()}`,
  );
}

test('events are listed by what is asked for, page by page, without their payload', async () => {
  const { sql, operator } = await setUp();
  const tenantId = randomUUID();
  const [first, second] = [await commit(sql, { tenantId }), await commit(sql, { tenantId })];
  const other = await commit(sql);
  const page = await operator.read(`${EVENTS}?tenantId=${tenantId}&limit=1&type=&from=2026-01-01T00:00`);
  expect([page.includes(second), page.includes(first), page.includes(other), page.includes('Taller Ruiz')]).toEqual([true, false, false, false]);
  const next = /href="(\?[^"]*cursor=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(await operator.read(EVENTS + next)).toContain(first);
  expect((await operator.get(`${EVENTS}?cursor=x`)).status).toBe(400);
});

test('a timeline tells each hop in its order, and what an event caused', async () => {
  const { sql, operator } = await setUp();
  const id = await commit(sql, { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
  const [{ correlationId } = { correlationId: '' }] = await sql<{ correlationId: string }[]>`select correlation_id as "correlationId" from outbox_event`;
  const caused = await commit(sql, { correlationId, causationId: id });
  await publishAll(sql);
  await consume(sql, 'count', id);
  await die(sql, 'notify', id, 'no <contact>');
  const page = await operator.read(`${EVENTS}/${id}`);
  expect(steps(page)).toEqual(expect.arrayContaining([
    'calm: set off by a request or a job', 'good: committed', 'good: published', 'good: consumed by count',
    'bad: dead letter at notify attempt 10: no &lt;contact&gt;', 'calm: appended TenantCreated',
  ]));
  expect(page).toContain('a'.repeat(32));
  expect(steps(await operator.read(`${EVENTS}/${caused}`))[0]).toBe(`calm: caused by an event ${id.slice(-12)}`);
});

test('the missing hop stands out, and is told from one that waits or can’t be seen', async () => {
  const { sql, notify, operator, unseeing } = await setUp();
  const id = await commit(sql);
  expect(steps(await operator.read(`${EVENTS}/${id}`)).at(-1)).toBe('bad: not published yet');
  await publishAll(sql);
  if (notify !== undefined) await enqueue(sql, notify, id);
  expect(steps(await operator.read(`${EVENTS}/${id}`)).slice(-2)).toEqual([
    'bad: MISSING at count neither consumed, nor dead, nor waiting, nor in its queue; the sweep will publish it again', 'warn: waits in the queue of notify',
  ]);
  expect(steps(await unseeing.read(`${EVENTS}/${id}`)).at(-1)).toBe('warn: in a batch of notify Redis is unavailable: its queue cannot be seen');
  await fail(sql, id);
  expect(steps(await operator.read(`${EVENTS}/${id}`)).at(-1)).toBe('bad: can’t be published no such type');
  expect((await operator.get(`${EVENTS}/${randomUUID()}`)).status).toBe(404);
});

test('what can’t be published or is dead can be brought back from its page, by who may write', async () => {
  const { sql, operator } = await setUp();
  const [failed, dead] = [await commit(sql), await commit(sql)];
  await publishAll(sql);
  await fail(sql, failed);
  await die(sql, 'notify', dead);
  expect(await operator.read(`${EVENTS}/${dead}`)).toContain(`/dead-letters/retry?consumer=notify&amp;eventId=${dead}`);
  expect(await operator.read(`${EVENTS}/${failed}`)).toContain(`action="${EVENTS}/${failed}/publish"`);
  expect((await operator.send(`${EVENTS}/${dead}/publish`, { reason: 'r' })).status).toBe(409);
  expect((await operator.send(`${EVENTS}/${failed}/publish`, { reason: 'the release knows the type now' })).status).toBe(303);
  expect((await operator.send(`${EVENTS}/${failed}/publish`, { reason: 'r' })).status).toBe(409);
  expect(await sql`select status from outbox_event where id = ${failed}`).toEqual([{ status: 'pending' }]);
  expect(await sql`select action, request->>'reason' as reason from operator_action`).toEqual([{ action: 'retry-events', reason: 'the release knows the type now' }]);
});
