import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { savePreferences } from '../../../src/notifications/decide/preferences.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { appDeps } from '../../support/app.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';
import { signInOperator } from '../../support/operator.ts';

const PATH = '/backoffice/ui/notifications';

/** A tenant of their own customer, operators, and consumers that have not started. */
async function setUp() {
  const opened = await openNotifying([deliverEmail, notify]);
  const app = createApp(appDeps(opened.sql));
  const userId = await opened.person({ email: 'secret@example.com' });
  const tenant = await opened.tenant({ ownerUserId: userId });
  const open = async () => (await opened.commit(ticketOpened(tenant, { customerUserId: userId })))[0] ?? '';
  return { ...opened, userId, open, operator: await signInOperator(app), reader: await signInOperator(app, 'backoffice:read') };
}

const text = (page: string) => page.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const rowsOf = (page: string) => [...page.matchAll(/<tr>/g)].length - 1; // without the head

test('notifications are listed by what is asked for, page by page, with nothing personal in them', async () => {
  const { open, start, settle, operator, userId } = await setUp();
  const eventId = await open();
  await open();
  start();
  await settle();
  for (const [query, count] of [['', 4], ['?channel=email&status=', 2], [`?eventId=${eventId}`, 2], [`?userId=${userId}&status=sent`, 2], ['?from=2026-01-01T00:00', 4]] as const) {
    expect([query, rowsOf(await operator.read(PATH + query))]).toEqual([query, count]);
  }
  const page = await operator.read(`${PATH}?limit=3`);
  const next = /href="(\?[^"]*cursor=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const rest = await operator.read(PATH + next);
  expect([rowsOf(page), rowsOf(rest)]).toEqual([3, 1]);
  for (const personal of ['secret@example.com', 'Ana Ruiz', 'No hay agua']) expect(page + rest).not.toContain(personal);
  expect(page).toContain(`${PATH}/explain?eventId=`);
  expect((await operator.get(`${PATH}?status=eaten`)).status).toBe(422);
});

test('why somebody was told, or not, is said in words before its steps', async () => {
  const { open, start, settle, operator, sql, userId } = await setUp();
  await sql.begin((tx) => savePreferences(tx, userId, [{ channel: 'inbox', category: 'tickets', enabled: false }]));
  const eventId = await open();
  const explain = (of: string) => operator.read(`${PATH}/explain?eventId=${eventId}&userId=${of}`);
  expect(await explain(userId)).toContain('It is not decided yet');
  expect(await explain(randomUUID())).toContain('tells others, not this user');
  start();
  await settle();
  const said = text(await explain(userId));
  const parts = ['channel by channel', 'suppressed preference: off', 'inbox: decision preference suppressed', 'email: attempt 1 sent'];
  const places = parts.map((part) => said.indexOf(part));
  expect(places).not.toContain(-1);
  expect([places[0], places[1]]).toEqual(places.slice(0, 2).toSorted((a, b) => a - b));
  expect((await operator.get(`${PATH}/explain?eventId=${randomUUID()}&userId=${userId}`)).status).toBe(404);
  expect(await operator.read(`${PATH}/explain`)).toContain('name="eventId"');
});

test('one that failed is sent again with its reason on record; one that leaves on no channel is not', async () => {
  const { open, start, settle, operator, reader, mailbox, sql, notifications } = await setUp();
  await open();
  mailbox.fail = 'reject-5xx';
  start();
  await settle();
  mailbox.fail = undefined;
  const [email, inbox] = await notifications();
  const path = `${PATH}/resend?id=${email?.id}`;
  expect(await operator.read(PATH)).toContain(path);
  expect(await reader.read(PATH)).not.toContain(path);
  expect(await operator.read(path)).toContain(`name="id" value="${email?.id}"`);
  expect(await operator.read(`${PATH}/resend?id=${inbox?.id}`)).not.toContain('name="id"');
  expect((await operator.get(`${PATH}/resend?id=${randomUUID()}`)).status).toBe(404);
  const fields = { id: email?.id ?? '', reason: 'their mailbox was full' };
  expect((await reader.send(`${PATH}/resend`, fields)).status).toBe(403);
  expect((await operator.send(`${PATH}/resend`, { ...fields, id: inbox?.id ?? '' })).status).toBe(409);
  const answer = await operator.send(`${PATH}/resend`, fields);
  expect(answer.headers.get('Location')).toMatch(new RegExp(`^${PATH}/resend\\?id=${email?.id}&done=`));
  await settle();
  expect(mailbox.messages).toMatchObject([{ notificationId: email?.id }]);
  expect(await sql`select action, request ->> 'reason' as reason from operator_action`).toEqual([{ action: 'resend-notification', reason: fields.reason }]);
});

test('what failed on a channel is sent again as it was counted, and nothing once that is another number', async () => {
  const { open, start, settle, operator, mailbox, sql } = await setUp();
  await open();
  await open();
  mailbox.fail = 'reject-5xx';
  start();
  await settle();
  mailbox.fail = undefined;
  expect(await operator.read(`${PATH}/recover`)).not.toContain('name="count"');
  const query = 'channel=email&template=&since=2026-01-01T00:00';
  const page = await operator.read(`${PATH}/recover?${query}`);
  const since = /name="since" value="([^"]*Z)"/.exec(page)?.[1] ?? '';
  expect(page).toContain('name="count" value="2"');
  expect(await operator.read(`${PATH}/recover?channel=push&since=2026-01-01T00:00`)).not.toContain('name="count"');
  const { digest } = await operator.shown(`${PATH}/recover?${query}`);
  const fields = { channel: 'email', since, digest, reason: 'the provider is back' };
  expect((await operator.send(`${PATH}/recover`, { ...fields, count: '1' })).status).toBe(409);
  const other = '0'.repeat(64);
  expect((await operator.send(`${PATH}/recover`, { ...fields, digest: other, count: '2' })).status).toBe(409);
  expect(await sql`select from operator_action`).toHaveLength(0);
  expect((await operator.send(`${PATH}/recover`, { ...fields, count: '2', template: 'ticket-created' })).status).toBe(303);
  await settle();
  expect(mailbox.messages).toHaveLength(2);
});
