import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { contracts } from '../../../src/events/index.ts';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';
import { commit, consume, die, publishAll } from '../../support/outbox-rows.ts';

const PATH = '/backoffice/ui/dead-letters';

/** Five events; three are dead at `notify` for one reason and one for another, one is dead at `count`. */
async function setUp() {
  const { sql } = await createDatabase();
  await registerSubscribers(sql, contracts, [
    { name: 'count', on: [tenantCreated] },
    { name: 'notify', on: [tenantCreated], replay: 'suppressNotifications' },
  ]);
  const tenantId = randomUUID();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await commit(sql, { tenantId: count < 2 ? tenantId : randomUUID() }));
  await publishAll(sql);
  for (const id of ids.slice(0, 3)) await die(sql, 'notify', id, 'no contact');
  for (const id of ids.slice(3, 4)) await die(sql, 'notify', id, 'other');
  await die(sql, 'count', ids[4] ?? '', 'no contact');
  const letters = async () => (await sql`select consumer_name || ' ' || coalesce(resolution, 'dead') as said from dead_letter order by event_id`).map(({ said }) => String(said));
  const app = createApp(appDeps(sql));
  return { sql, ids, tenantId, letters, operator: await signInOperator(app), reader: await signInOperator(app, 'backoffice:read') };
}

const rows = (page: string) =>
  [...(page.match(/<tbody>.*?<\/tbody>/s)?.[0] ?? '').matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row.replaceAll(/<time.*?<\/time>/gs, '').replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ').trim());

test('dead letters are grouped by failure, event type and consumer', async () => {
  const { operator } = await setUp();
  expect(rows(await operator.read(PATH))).toEqual([
    expect.stringMatching(/^3 no contact \w{8} notify TenantCreated 2$/),
    expect.stringMatching(/^1 no contact \w{8} count TenantCreated 1$/),
    expect.stringMatching(/^1 other \w{8} notify TenantCreated 1$/),
  ]);
  expect(rows(await operator.read(`${PATH}?consumer=count`))).toHaveLength(1);
  const page = await operator.read(`${PATH}?limit=2`);
  expect(page).toMatch(/cursor=/);
});

test('a preview says how many, whose, and how many reach people, and changes nothing', async () => {
  const { operator, tenantId, letters } = await setUp();
  const page = await operator.read(`${PATH}/retry?tenantId=${tenantId}`);
  const figures = [...page.matchAll(/class="figure">(\d+)</g)].map(([, figure]) => Number(figure));
  expect(figures).toEqual([2, 2, 1, 2]);
  expect(page).toContain(`<code>${tenantId}</code> `);
  expect(await letters()).toEqual(['notify dead', 'notify dead', 'notify dead', 'notify dead', 'count dead']);
});

test('a group is retried as it was seen: its deliveries wait again, and the page says how they go on', async () => {
  const { sql, ids, operator, letters } = await setUp();
  const group = { consumer: 'notify', fingerprint: /fingerprint=(\w+)/.exec(await operator.read(PATH))?.[1] ?? '' };
  const answer = await operator.send(`${PATH}/retry`, { ...group, ...(await operator.shown(`${PATH}/retry?${new URLSearchParams(group)}`)), reason: 'contacts came' });
  const location = answer.headers.get('Location') ?? '';
  expect(await letters()).toEqual(['notify retried', 'notify retried', 'notify retried', 'notify dead', 'count dead']);
  const waiting = await sql<{ id: string }[]>`select event_id as id from waiting_delivery where consumer_name = 'notify' and reason = 'replayed'`;
  expect(waiting.map(({ id }) => id)).toContain(ids[0]);
  expect(await sql`select count(*)::integer as deliveries from waiting_delivery`).toEqual([{ deliveries: 3 }]);
  await consume(sql, 'notify', ids[0] ?? '');
  await sql`update dead_letter set resolution = 'consumed' where event_id = ${ids[0] ?? ''}`;
  expect(await operator.read(location)).toMatch(/<progress max="3" value="1"/);
  expect(await sql`select action, request->>'reason' as reason, outcome from operator_action`).toEqual([
    { action: 'retry-dead-letters', reason: 'contacts came', outcome: { deliveries: 3 } },
  ]);
});

test('what has changed since the preview is not touched', async () => {
  const { operator, reader, letters } = await setUp();
  const before = await letters();
  const shown = { consumer: 'notify', ...(await operator.shown(`${PATH}/retry?consumer=notify`)), reason: 'r' };
  const answer = await operator.send(`${PATH}/retry`, { ...shown, count: '3' });
  expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining('there are now 4 deliveries, not the 3 shown')]);
  expect((await operator.send(`${PATH}/retry`, { ...shown, reason: ' ' })).status).toBe(422);
  for (const digest of ['', 'x', '0'.repeat(63), '0'.repeat(65)]) {
    expect((await operator.send(`${PATH}/retry`, { ...shown, digest })).status).toBe(422);
  }
  expect((await reader.send(`${PATH}/discard`, shown)).status).toBe(403);
  expect(await letters()).toEqual(before);
});

test.each(['retry', 'discard'])('letters that took the place of those shown are not touched by a %s', async (verb) => {
  const { sql, ids, operator, letters } = await setUp();
  const shown = { consumer: 'notify', ...(await operator.shown(`${PATH}/${verb}?consumer=notify`)), reason: 'r' };
  const [first = '', , , , last = ''] = ids;
  await sql`update dead_letter set resolution = 'consumed', resolved_at = now() where consumer_name = 'notify' and event_id = ${first}`;
  await die(sql, 'notify', last, 'unseen');
  const before = await letters();
  expect((await operator.send(`${PATH}/${verb}`, shown)).status).toBe(409);
  expect(await letters()).toEqual(before);
  expect(await sql`select from operator_action`).toHaveLength(0);
  expect(await sql`select from waiting_delivery`).toHaveLength(0);
  const seen = await operator.shown(`${PATH}/${verb}?consumer=notify`);
  expect((await operator.send(`${PATH}/${verb}`, { ...shown, ...seen })).status).toBe(303);
});

test('two operators who retry the same group retry it once', async () => {
  const { sql, operator } = await setUp();
  const shown = { consumer: 'notify', ...(await operator.shown(`${PATH}/retry?consumer=notify`)), reason: 'r' };
  const answers = await Promise.all([1, 2].map(() => operator.send(`${PATH}/retry`, shown)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409]);
  expect(await sql`select action from operator_action`).toHaveLength(1);
});

test('discarded deliveries are gone from the list, with the reason on record', async () => {
  const { operator, letters } = await setUp();
  const shown = await operator.shown(`${PATH}/discard?consumer=count`);
  await operator.send(`${PATH}/discard`, { consumer: 'count', ...shown, reason: 'a test tenant' });
  expect((await letters()).at(-1)).toBe('count discarded');
  expect(rows(await operator.read(PATH))).toHaveLength(2);
});
