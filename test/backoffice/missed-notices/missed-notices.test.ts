import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { saveConfirmedContact } from '../../../dev/confirmed-contact.ts';
import { createApp } from '../../../src/api/app.ts';
import { appointmentScheduled } from '../../../src/events/appointment-scheduled.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { notifyMissed } from '../../../src/workers/notify-missed.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';

const PATH = '/backoffice/notifications/missed';
const reason = 'they signed up';

/** Events that two users without a contact missed, and an operator. */
async function world() {
  const opened = await openNotifying([deliverEmail, notify, notifyMissed]);
  const { sql, commit, settle } = opened;
  const app = createApp(appDeps(sql));
  const [one, other] = [randomUUID(), randomUUID()];
  const tenant = await opened.tenant({ ownerUserId: await opened.person() });
  opened.start();
  const eventIds = await commit(
    ticketOpened(tenant, { customerUserId: one }), ticketOpened(tenant, { customerUserId: one }),
    ticketOpened(tenant, { customerUserId: other }),
  );
  await settle();
  const before = opened.mailbox.messages.length;
  return {
    ...opened,
    app,
    one,
    other,
    tenant,
    eventIds,
    operator: await signIn(app, { roles: ['backoffice:write'] }),
    reader: await signIn(app, { roles: ['backoffice:read'] }),
    mails: () => opened.mailbox.messages.slice(before).map(({ to }) => to),
    appear: (userId: string, email: string) => saveConfirmedContact(sql, userId, { name: 'Nora', email, locale: 'es' }),
    readBy: async (userId: string) =>
      (await opened.notifications()).filter((row) => row.userId === userId).map(({ channel }) => channel),
  };
}

test('what a user missed is sent by one action once the contact comes, and only once', async () => {
  const { operator, reader, one, other, appear, settle, mails, readBy, sql } = await world();
  expect(await json(await reader.get(PATH))).toMatchObject({ count: 0, users: 0 });
  await appear(one, 'one@example.com');
  const shown = await json(await reader.get(PATH));
  expect(shown).toMatchObject({ count: 2, users: 1 });
  const { count, digest } = shown;
  expect((await reader.post(PATH, { count, digest, reason })).status).toBe(403);
  expect((await operator.post(PATH, { count: 1, digest, reason })).status).toBe(409);
  const sent = await operator.post(PATH, { count, digest, reason });
  expect([sent.status, await json(sent)]).toMatchObject([200, { requested: 2 }]);
  await settle();
  expect(mails()).toEqual([['one@example.com'], ['one@example.com']]);
  expect((await readBy(one)).toSorted()).toEqual(['email', 'email', 'inbox', 'inbox']);
  expect(await readBy(other)).toEqual([]);
  expect((await operator.post(PATH, { count, digest, reason })).status).toBe(409);
  expect(await sql`select action, request ->> 'reason' as reason from operator_action`).toEqual([
    { action: 'send-missed-notices', reason },
  ]);
});

test('what is no longer of use is neither counted nor sent', async () => {
  const { operator, reader, one, tenant, appear, commit, settle, mails, sql, eventIds } = await world();
  const visit = {
    appointmentId: randomUUID(), ticketId: randomUUID(), customerUserId: one, tenantName: tenant.name, subject: 'x',
    startsAt: new Date(Date.now() - 1_000).toISOString(), previousStartsAt: null,
  };
  await commit(appointmentScheduled({ tenantId: tenant.id, occurredAt: new Date(), payload: visit }));
  await settle();
  await sql`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at, status, outcome, closed_at, closed_by)
    select (payload_json ->> 'ticketId')::uuid, ${tenant.id}, ${one}, 'x', 'y', now(), 'closed', 'cancelled', now(), ${one}
    from outbox_event where id = ${eventIds[0] ?? ''}
  `;
  await appear(one, 'one@example.com');
  const { count, digest } = await json(await reader.get(PATH));
  expect(count).toBe(1);
  expect((await operator.post(PATH, { count, digest, reason })).status).toBe(200);
  await settle();
  expect(mails()).toEqual([['one@example.com']]);
});
