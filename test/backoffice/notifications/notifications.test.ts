import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { savePreferences } from '../../../src/notifications/decide/preferences.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';
import { partsWith, PATH as TEMPLATE } from '../../support/templates.ts';

const PATH = '/backoffice/notifications';

interface Explained {
  readonly answer: string;
  readonly error: string | null;
  readonly notifications: readonly { readonly id: string; readonly channel: string; readonly status: string; readonly reason: string | null }[];
  readonly steps: readonly { readonly channel: string; readonly what: string; readonly detail: string | null }[];
}

/** A tenant of their own customer, an operator, and consumers that have not started. */
async function world() {
  const opened = await openNotifying([deliverEmail, notify]);
  const { sql } = opened;
  const app = createApp(appDeps(sql));
  const userId = await opened.person({ email: 'secret@example.com' });
  const tenant = await opened.tenant({ ownerUserId: userId });
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  return {
    ...opened, app, userId, operator, reader,
    open: async () => (await opened.commit(ticketOpened(tenant, { customerUserId: userId })))[0] ?? '',
    list: async (query: string) =>
      (await json(await reader.get(`${PATH}${query}`)))['notifications'] as readonly { readonly id: string; readonly status: string }[],
    explain: async (eventId: string, of = userId) =>
      (await json(await reader.get(`${PATH}/explain?eventId=${eventId}&userId=${of}`))) as unknown as Explained,
  };
}

test('notifications are listed by every filter, page by page, and show nothing personal', async () => {
  const { open, start, settle, list, reader, userId } = await world();
  const eventId = await open();
  await open();
  start();
  await settle();
  expect(await list('')).toHaveLength(4);
  for (const [query, count] of [
    ['?channel=email', 2], ['?status=sent', 2], ['?status=failed', 0], [`?userId=${userId}&channel=inbox`, 2],
    [`?eventId=${eventId}`, 2], ['?template=ticket-created', 4], ['?template=quote-sent', 0],
    ['?from=2026-01-01T00:00:00Z', 4], ['?to=2026-01-01T00:00:00Z', 0], [`?tenantId=${randomUUID()}`, 0],
  ] as const) expect([query, (await list(query)).length]).toEqual([query, count]);
  const first = await json(await reader.get(`${PATH}?limit=3`));
  const rest = await json(await reader.get(`${PATH}?limit=3&cursor=${String(first['nextCursor'])}`));
  const ids = [first, rest].flatMap((page) => (page['notifications'] as { id: string }[]).map(({ id }) => id));
  expect(new Set(ids).size).toBe(4);
  expect(ids).toEqual(ids.toSorted().reverse());
  const said = JSON.stringify([first, rest]);
  for (const personal of ['secret@example.com', 'Ana Ruiz', 'No hay agua']) expect(said).not.toContain(personal);
});

test('every channel of an event is explained: what went, what did not, and what was tried', async () => {
  const { open, start, settle, explain, sql, userId } = await world();
  await sql.begin((tx) => savePreferences(tx, userId, [{ channel: 'inbox', category: 'tickets', enabled: false }]));
  const eventId = await open();
  start();
  await settle();
  const { answer, notifications, steps } = await explain(eventId);
  expect(answer).toBe('decided');
  expect(notifications.map(({ channel, status, reason }) => [channel, status, reason]).toSorted()).toEqual([
    ['email', 'sent', null], ['inbox', 'suppressed', 'preference: off'],
  ]);
  expect(steps.map(({ channel, what, detail }) => [channel, what, detail]).toSorted()).toEqual([
    ['email', '1 sending', null], ['email', '1 sent', null],
    ['inbox', 'preference suppressed', 'off'], ['push', 'reach suppressed', 'not configured'],
  ]);
});

test('who is none of the event’s, what tells nobody and what is not there are told apart', async () => {
  const { open, explain, reader, commit, start, settle, sql } = await world();
  const eventId = await open();
  expect((await explain(eventId)).answer).toBe('not yet decided');
  expect((await explain(eventId, randomUUID())).answer).toBe('the event does not tell this user');
  const [requested = ''] = await commit({ eventType: 'EmailRequested', schemaVersion: 1, occurredAt: new Date(), payload: { notificationId: randomUUID() } });
  expect((await explain(requested)).answer).toBe('the event tells nobody');
  expect((await reader.get(`${PATH}/explain?eventId=${randomUUID()}&userId=${randomUUID()}`)).status).toBe(404);
  expect((await reader.get(`${PATH}/explain?eventId=x&userId=${randomUUID()}`)).status).toBe(422);

  await sql`update outbox_event set payload_json = payload_json - 'subject' where id = ${eventId}`;
  start();
  await settle();
  expect(await explain(eventId)).toMatchObject({
    answer: 'could not be decided', error: 'Permanent: payload of TicketCreated version 1: subject invalid_type',
    notifications: [],
  });
});

test('one is sent again with its reason on record, as the same message', async () => {
  const { open, start, settle, list, operator, reader, explain, mailbox, sql } = await world();
  const eventId = await open();
  mailbox.fail = 'reject-5xx';
  start();
  await settle();
  mailbox.fail = undefined;
  const [failed] = await list('?status=failed');
  const body = { id: failed?.id, reason: 'their mailbox was full' };
  expect((await reader.post(`${PATH}/resend`, body)).status).toBe(403);
  expect((await operator.post(`${PATH}/resend`, body)).status).toBe(200);
  await settle();
  expect(await list('?channel=email')).toMatchObject([{ id: failed?.id, status: 'sent' }]);
  expect(mailbox.messages).toMatchObject([{ notificationId: failed?.id }]);
  expect((await explain(eventId)).steps.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['1 rejected', 'operator sent again', '2 sent']),
  );
  const [action] = await sql`select action, request ->> 'reason' as reason from operator_action`;
  expect(action).toEqual({ action: 'resend-notification', reason: body.reason });

  expect((await operator.post(`${PATH}/resend`, body)).status).toBe(200); // its reader says it never came
  await settle();
  expect(mailbox.messages).toHaveLength(2);
  const [inbox] = await list('?channel=inbox');
  for (const id of [inbox?.id, randomUUID()]) expect((await operator.post(`${PATH}/resend`, { ...body, id })).status).toBe(409);
});

test('what failed of a channel since a time is counted, confirmed and sent again', async () => {
  const { open, start, settle, list, operator, reader, mailbox, sql } = await world();
  const since = new Date(Date.now() - 1_000).toISOString();
  for (let count = 0; count < 3; count += 1) await open();
  mailbox.fail = 'reject-5xx';
  start();
  await settle();
  mailbox.fail = undefined;
  const preview = async () => json(await reader.get(`${PATH}/failed?channel=email&since=${since}`));
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown;
  const shown = await preview();
  expect(shown).toEqual({ count: 3, digest });
  expect(await json(await reader.get(`${PATH}/failed?channel=push&since=${since}`))).toEqual({ count: 0, digest });
  const asked = { ...shown, channel: 'email', since, reason: 'the provider was misconfigured' };
  const wrong = await operator.post(`${PATH}/recover`, { ...asked, count: 2 });
  expect([wrong.status, (await json(wrong))['detail']]).toEqual([
    409,
    'Nothing was sent: there are now 3 notifications, not 2. Look again.',
  ]);
  expect((await reader.post(`${PATH}/recover`, { ...asked, count: 3 })).status).toBe(403);
  expect((await operator.post(`${PATH}/recover`, { ...asked, digest: undefined })).status).toBe(422);

  const [first] = await list('?status=failed');
  await open();
  await settle();
  await sql`update notification set status = 'failed' where channel = 'email' and status = 'sent'`;
  await sql`update notification set status = 'sent' where id = ${first?.id ?? ''}`;
  expect((await operator.post(`${PATH}/recover`, asked)).status).toBe(409); // three again, but others
  expect(await sql`select from operator_action`).toHaveLength(0);
  expect(await json(await operator.post(`${PATH}/recover`, { ...asked, ...(await preview()) }))).toMatchObject({ recovered: 3, left: 0 });
  await settle();
  expect((await list('?channel=email')).map(({ status }) => status)).toEqual(['sent', 'sent', 'sent', 'sent']);
  expect(mailbox.messages).toHaveLength(4);
  expect((await operator.post(`${PATH}/recover`, { ...asked, count: 3 })).status).toBe(409);
});

test('what nobody knows the end of is recovered together, after a preview of its own', async () => {
  const { open, start, settle, list, operator, reader, mailbox, sql } = await world();
  const since = new Date(Date.now() - 1_000).toISOString();
  for (let count = 0; count < 2; count += 1) await open();
  start();
  await settle();
  await sql`update notification set status = 'unknown' where channel = 'email'`;
  const asked = { status: 'unknown', channel: 'email', since };
  expect(await json(await reader.get(`${PATH}/failed?channel=email&since=${since}`))).toMatchObject({ count: 0 });
  const { count, digest } = await json(await reader.get(`${PATH}/failed?status=unknown&channel=email&since=${since}`));
  expect(count).toBe(2);
  const recovered = await operator.post(`${PATH}/recover`, {
    ...asked,
    count,
    digest,
    reason: 'their mailboxes have none',
  });
  expect(await json(recovered)).toMatchObject({ recovered: 2, left: 0 });
  await settle();
  expect((await list('?channel=email')).map(({ status }) => status)).toEqual(['sent', 'sent']);
  expect(mailbox.messages).toHaveLength(4);
  for (const status of ['sent', 'suppressed', ''])
    expect((await reader.get(`${PATH}/failed?status=${status}&channel=email&since=${since}`)).status).toBe(422);
});

test('what is sent again is put by its template’s current version: the old one may be what was wrong', async () => {
  const { open, start, settle, list, operator, mailbox } = await world();
  await open();
  start();
  await settle();
  const [sent] = await list('?channel=email');
  const parts = await partsWith({ es: { 'email.subject': 'Corregido: {{subject}}' } });
  const { version } = await json(await operator.post(`${TEMPLATE}/versions`, { parts, reason: 'the number was wrong' }));
  await operator.post(`${TEMPLATE}/current`, { version, reason: 'the number was wrong' });
  await operator.post(`${PATH}/resend`, { id: sent?.id, reason: 'the number was wrong' });
  await settle();
  expect(mailbox.messages.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^Tu ticket con/),
    expect.stringMatching(/^Corregido: /),
  ]);
  expect(await list('?channel=email')).toMatchObject([{ id: sent?.id, templateVersion: version, status: 'sent' }]);
});
