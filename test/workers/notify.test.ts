import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { saveConfirmedContact } from '../../dev/confirmed-contact.ts';
import { openNotifying, ticketOpened } from '../support/notifying.ts';
import { until } from '../support/until.ts';

test('a created ticket makes an event and a notification', async () => {
  const world = await openNotifying();
  const customerUserId = await world.person({ name: 'Luis Paz', email: 'luis@example.com', locale: 'en' });
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  const [eventId] = await world.commit(ticketOpened(tenant, { customerUserId, subject: 'No water' }));
  world.start();
  await world.settle();

  const told = (await world.notifications()).filter(({ userId }) => userId === customerUserId);
  const saysIt = expect.stringContaining('No water') as string;
  expect(told).toMatchObject([
    { channel: 'email', template: 'ticket-created', locale: 'en', status: 'sent', body: null },
    { channel: 'inbox', template: 'ticket-created', locale: 'en', status: 'delivered', body: saysIt },
  ]);
  const notificationId = told[0]?.id ?? '';
  const requested = await world.sql`
    select event_type, causation_id, correlation_id, tenant_id from outbox_event
    where payload_json ->> 'notificationId' = ${notificationId}
  `;
  expect(requested).toEqual([
    { event_type: 'EmailRequested', causation_id: eventId, correlation_id: eventId, tenant_id: tenant.id },
  ]);
  expect(world.hinted.toSorted()).toEqual([customerUserId, tenant.ownerUserId].toSorted());
  const arrived = world.mailbox.messages.filter(({ to }) => to.includes('luis@example.com'));
  const messageId = `<${notificationId}@techmarket.example>`;
  expect(arrived).toMatchObject([{ notificationId, messageId, subject: saysIt }]);
});

test('a duplicated event changes nothing', async () => {
  const world = await openNotifying();
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  const [eventId = ''] = await world.commit(ticketOpened(tenant, { customerUserId: await world.person() }));
  const deliverAgain = async () => {
    for (const consumer of ['notify', 'count-daily-metrics']) await world.deliverAgain(consumer, [eventId]);
  };
  const effects = async () => ({
    events: await world.sql<{ id: string; event_type: string }[]>`select id, event_type from outbox_event order by id`,
    notifications: await world.notifications(),
    attempts: await world.sql`select * from notification_attempt order by notification_id, at`,
    mails: world.mailbox.messages.map(({ notificationId }) => notificationId),
    metrics: await world.sql`select metric, value::integer from daily_metric`,
  });
  for (let copy = 0; copy < 2; copy += 1) await deliverAgain();
  world.start();
  await world.settle();
  await world.queuesEmpty();
  const first = await effects();
  expect(first.notifications).toHaveLength(4);
  expect(new Set(first.mails).size).toBe(2);
  expect(first.mails).toHaveLength(2);
  expect(first.metrics).toEqual([{ metric: 'tickets_created', value: 1 }]);

  const requests = first.events.filter(({ event_type }) => event_type === 'EmailRequested').map(({ id }) => id);
  expect(requests).toHaveLength(2);
  for (let copy = 0; copy < 2; copy += 1) {
    await deliverAgain();
    await world.deliverAgain('deliver-email', requests);
  }
  await world.queuesEmpty();
  expect(await effects()).toEqual(first);
  expect(await world.deadLetters()).toEqual([]);
});

test('the customer and the tenant’s owner are told once each, and a user who is both is told once', async () => {
  const world = await openNotifying();
  const told = async () => (await world.notifications()).map((row) => `${row.channel} ${row.userId}`).toSorted();
  const bothChannels = (...ids: string[]) => ids.flatMap((id) => [`email ${id}`, `inbox ${id}`]).toSorted();
  const [customer, owner, both] = [await world.person(), await world.person(), await world.person()];
  await world.commit(ticketOpened(await world.tenant({ ownerUserId: owner }), { customerUserId: customer }));
  world.start();
  await world.settle();
  expect(await told()).toEqual(bothChannels(customer, owner));

  await world.commit(ticketOpened(await world.tenant({ ownerUserId: both }), { customerUserId: both }));
  await world.settle();
  expect(await told()).toEqual(bothChannels(customer, owner, both));
  expect(world.mailbox.messages).toHaveLength(3);
});

test('the version and the language are fixed when the notification is created', async () => {
  const world = await openNotifying();
  const user = await world.person({ locale: 'es' });
  const tenant = await world.tenant({ ownerUserId: user });
  world.mailbox.fail = 'reject-4xx';
  await world.commit(ticketOpened(tenant, { customerUserId: user }));
  world.start();
  await until('the consumer is held', async () => {
    await world.relayOnce();
    return world.logged.some((line) => line.includes('consumer held'));
  });

  await publishSecondVersion(world);
  await saveConfirmedContact(world.sql, user, { name: 'Ana Ruiz', email: 'new@example.com', locale: 'en' });
  world.mailbox.fail = undefined;
  await world.settle();
  const subject = 'Tu ticket con Taller Norte: No hay agua';
  expect(world.mailbox.messages).toMatchObject([{ to: ['new@example.com'], subject }]);

  await world.commit(ticketOpened(tenant, { customerUserId: user }));
  await world.settle();
  expect(world.mailbox.messages[1]?.subject).toMatch(/^second: Your/);
  const fixed = (await world.notifications()).map((row) => `${row.channel} ${row.templateVersion} ${row.locale}`);
  expect(fixed).toEqual(['email 2 es', 'email 3 en', 'inbox 2 es', 'inbox 3 en']);
});

const SHIPPED = 2; // the version of `ticket-created` in this release

/** Makes a version of `ticket-created` current whose subjects begin with "second". */
async function publishSecondVersion({ documents }: Awaited<ReturnType<typeof openNotifying>>): Promise<void> {
  const name = 'ticket-created';
  const first = await documents.template(name, SHIPPED);
  if (first === undefined) throw new Error('there is no first version');
  const parts = first.parts.map((part) =>
    part.part === 'email.subject' ? { ...part, source: `second: ${part.source}` } : part,
  );
  await documents.publishTemplate({ ...first, version: SHIPPED + 1, parts, contentHash: 'second' });
  await documents.setCurrent(name, { version: SHIPPED + 1, by: 'test', reason: 'test', at: new Date() });
}

test('a user without a contact is a decision on record, and everybody else is told', async () => {
  const world = await openNotifying();
  const ownerUserId = await world.person();
  const nobody = randomUUID();
  const tenant = await world.tenant({ ownerUserId });
  const [eventId] = await world.commit(ticketOpened(tenant, { customerUserId: nobody }));
  world.start();
  await world.settle();
  expect(await world.deadLetters()).toEqual([]);
  expect((await world.notifications()).map(({ userId, channel }) => `${channel} ${userId}`)).toEqual([`email ${ownerUserId}`, `inbox ${ownerUserId}`]);
  const decisions = await world.sql`
    select event_id, channel, rule, verdict, detail from notification_decision where user_id = ${nobody} order by channel
  `;
  const suppressed = { event_id: eventId, rule: 'reach', verdict: 'suppressed', detail: 'no contact' };
  expect(decisions).toEqual(['email', 'inbox', 'push'].map((channel) => ({ ...suppressed, channel })));
});

test('a text that can’t be written fails its notification with the reason, and the others are told', async () => {
  const world = await openNotifying();
  const tenant = await world.tenant({ ownerUserId: await world.person({ locale: 'en' }) });
  await world.commit(ticketOpened(tenant, { customerUserId: await world.person({ locale: 'es' }) }));
  await world.sql`
    update notification_template
    set parts = jsonb_path_query_array(parts, '$[*] ? (@.locale != "es" || @.part != "inbox")')
  `;
  world.start();
  await world.settle();
  const told = await world.notifications();
  expect(told.map(({ locale, channel, status, reason }) => [locale, channel, status, reason]).toSorted()).toEqual([
    ['en', 'email', 'sent', null],
    ['en', 'inbox', 'delivered', null],
    ['es', 'email', 'sent', null],
    ['es', 'inbox', 'failed', 'inbox does not exist in es'],
  ]);
});
