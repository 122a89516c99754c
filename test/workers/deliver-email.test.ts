import { expect, test } from 'vitest';
import type { MailFailure } from '../../dev/sandbox/mailbox.ts';
import { emailRequested } from '../../src/events/email-requested.ts';
import { insertNotifications } from '../../src/notifications/notifications.ts';
import { endSending, type SendingEnd } from '../../src/notifications/send/end-sending.ts';
import { beginSending, type ClaimOptions, type Sending } from '../../src/notifications/send/sending.ts';
import { deliverEmail } from '../../src/workers/deliver-email.ts';
import { openNotifying } from '../support/notifying.ts';
import { until } from '../support/until.ts';

const claim: ClaimOptions = { leaseMs: 60_000, perHour: 100, resendUnknown: () => true, mayLeave: () => ({ verdict: 'send' }) };
const wholeProps = { recipientName: 'Ana', tenantName: 'Taller', subject: 'Agua', link: 'https://a.example/' };

/** A mail that was asked for, on its way to the consumer, which has not started; `id` is the notification's. */
async function mailRequested(payload: object = wholeProps) {
  const world = await openNotifying([deliverEmail]);
  const { sql } = world;
  const userId = await world.person({ email: 'ana@example.com' });
  const mail = {
    userId, payload, eventId: userId, tenantId: undefined, channel: 'email', category: 'tickets', template: 'ticket-created',
    templateVersion: 2, locale: 'es', status: 'queued',
  } as const;
  const [id = ''] = await sql.begin((tx) => insertNotifications(tx, [mail]));
  const requested = emailRequested({ occurredAt: new Date(), payload: { notificationId: id } });
  const [eventId = ''] = await world.commit(requested);
  await world.relayOnce();
  const standing = async () => {
    const [row] = await sql<{ status: string; reason: string | null }[]>`select status, reason from notification`;
    return { status: row?.status, reason: row?.reason };
  };
  return {
    world, sql, id, eventId, standing,
    messageId: `<${id}@techmarket.example>`,
    /** Begins an attempt as another process would. */
    async begin(options: Partial<ClaimOptions> = {}) {
      const begun = (await sql.begin((tx) => beginSending(tx, [id], { ...claim, ...options }))).get(id);
      if (begun?.state !== 'mine') throw new Error(`the attempt is ${begun?.state}`);
      return begun.sending;
    },
    end: ({ attempt }: Sending, end: SendingEnd) => sql.begin((tx) => endSending(tx, [{ id, attempt, end }])),
    expireLease: () => sql`update notification set sending_until = clock_timestamp() - interval '1 second'`,
    async settled(mailbox = world.mailbox) {
      await world.settle();
      const mails = mailbox.messages.map((message) => message.messageId);
      return { ...(await standing()), attempts: await world.attempts(id), mails };
    },
  };
}

test('a mail server that is away holds the consumer and burns no attempt', async () => {
  const { world, sql, id, messageId, settled } = await mailRequested();
  await world.mailbox.stop();
  world.start();
  const isHeld = async () => (await world.registry.metrics()).includes('consumer_held{consumer="deliver-email"} 1');
  await until('the consumer is held', isHeld);
  expect(await world.attempts(id)).toEqual(['1 sending', '1 unreachable']);
  expect(await world.failures()).toEqual([]);
  const { attempts, ...end } = await settled(await world.reopenMailbox());
  expect(end).toEqual({ status: 'sent', reason: null, mails: [messageId] });
  expect(attempts.at(-1)).toMatch(/ sent$/);
  expect(await world.deadLetters()).toEqual([]);
  expect(await sql`select from notification where sent_at is not null and provider_id is not null`).toHaveLength(1);
});

/** Waits until a mail's attempt has ended as said. */
const ended = (world: Awaited<ReturnType<typeof mailRequested>>['world'], id: string, step: string) =>
  until(`the record says ${step}`, async () => {
    await world.relayOnce();
    return (await world.attempts(id)).includes(step);
  });

test.each<[title: string, fail: MailFailure, outcome: string, reason: string]>([
  ['a server in trouble', 'reject-4xx', 'unavailable', 'smtp 451 EMESSAGE at DATA'],
  ['a full disk', { at: 'MAIL FROM', reply: '452 4.3.1 Insufficient system storage' }, 'unavailable', 'smtp 452 4.3.1 EENVELOPE at MAIL FROM'],
  ['too much mail from us', { at: 'MAIL FROM', reply: '450 4.7.1 Error: too much mail from us' }, 'limited', 'smtp 450 4.7.1 EENVELOPE at MAIL FROM'],
  ['a sender that is not verified', { at: 'MAIL FROM', reply: '550 5.7.1 Sender domain not verified' }, 'unauthorized',
    'smtp 550 5.7.1 EENVELOPE at MAIL FROM'],
  ['a server that wants TLS', { at: 'MAIL FROM', reply: '530 5.7.0 Must issue a STARTTLS command first' }, 'unauthorized',
    'smtp 530 5.7.0 EENVELOPE at MAIL FROM'],
])('%s holds the consumer, spends nothing, and the mail arrives afterwards', async (_title, fail, outcome, reason) => {
  const { world, id, messageId, standing, settled } = await mailRequested();
  world.mailbox.fail = fail;
  world.start();
  await ended(world, id, `2 ${outcome}`);
  expect(await standing()).toMatchObject({ status: expect.stringMatching(/^(queued|sending)$/) as string });
  const [held] = world.logged.filter((line) => line.includes('"msg":"consumer held'));
  expect(held).toContain(`email: ${reason}`);
  expect(held).toContain(outcome === 'unauthorized' ? 'the provider refuses our account' : 'a dependency is unavailable');
  world.mailbox.fail = undefined;
  const { attempts, ...end } = await settled();
  expect(end).toEqual({ status: 'sent', reason: null, mails: [messageId] });
  expect(attempts.filter((step) => !/ (sending|sent)$/.test(step)).every((step) => step.endsWith(` ${outcome}`))).toBe(true);
  expect(await world.failures()).toEqual([]);
});

const GREYLISTED = '450 4.7.1 <ana@example.com>: Greylisting in action, please come back in 00:05:00';

test.each<[title: string, fail: MailFailure]>([
  ['greylisting', { at: 'RCPT TO', reply: GREYLISTED }],
  ['greylisting after the message', { at: 'DATA', reply: '451 4.7.1 Greylisting in action' }],
  ['a full mailbox', { at: 'RCPT TO', reply: '452 4.2.2 Mailbox full' }],
])('%s puts off this mail alone for about a minute, and spends nothing', async (_title, fail) => {
  const { world, sql, id, messageId, settled } = await mailRequested();
  world.mailbox.fail = fail;
  world.start();
  await ended(world, id, '1 deferred');
  const waits = () => sql<{ seconds: number }[]>`
    select extract(epoch from not_before - clock_timestamp())::float8 as seconds from waiting_delivery
  `;
  await until('it waits', async () => (await waits()).length === 1);
  const [{ seconds } = { seconds: 0 }] = await waits();
  expect(seconds).toBeGreaterThan(40);
  expect(seconds).toBeLessThan(76);
  expect((await world.registry.metrics())).not.toContain('consumer_held{consumer="deliver-email"} 1');
  world.mailbox.fail = undefined;
  await world.makeDue();
  expect(await settled()).toEqual({
    status: 'sent', reason: null, mails: [messageId], attempts: ['1 sending', '1 deferred', '2 sending', '2 sent'],
  });
  expect(await world.failures()).toEqual([]);
});

test('what is put off for three days fails with its reason', async () => {
  const { world, sql, settled } = await mailRequested();
  await sql`update notification set deferrals = 20, deferred_since = clock_timestamp() - interval '3 days'`;
  world.mailbox.fail = { at: 'RCPT TO', reply: GREYLISTED };
  world.start();
  const { reason, ...end } = await settled();
  expect(end).toEqual({ status: 'failed', mails: [], attempts: ['1 sending', '1 deferred'] });
  expect(reason).toMatch(/^smtp 450 4\.7\.1 EENVELOPE at RCPT TO, since \d{4}-/);
});

test('a refusal for good fails the notification with a reason that tells no address, not the delivery', async () => {
  const { world, settled } = await mailRequested();
  world.mailbox.fail = 'reject-5xx';
  world.start();
  const { reason, ...end } = await settled();
  expect(end).toEqual({ status: 'failed', attempts: ['1 sending', '1 rejected'], mails: [] });
  expect(reason).toMatch(/^smtp 550 /);
  expect(reason).not.toContain('ana');
  expect(world.logged.join('\n')).not.toContain('ana@example.com');
  expect(await world.deadLetters()).toEqual([]);
});

test('a connection lost after the message is an unknown attempt on record, and the mail is sent again', async () => {
  const { world, id, messageId, settled } = await mailRequested();
  world.mailbox.fail = 'drop-after-data';
  world.start();
  await until('nobody knows', async () => (await world.attempts(id)).includes('1 unknown'));
  world.mailbox.fail = undefined;
  expect(await settled()).toEqual({
    status: 'sent', reason: null, mails: [messageId, messageId],
    attempts: ['1 sending', '1 unknown', '2 sending', '2 sent'],
  });
});

test('an attempt that never reported back becomes unknown on record, and the mail is sent again', async () => {
  const { world, messageId, begin, expireLease, settled } = await mailRequested();
  await begin();
  await expireLease();
  world.start();
  expect(await settled()).toEqual({
    status: 'sent', reason: null, mails: [messageId],
    attempts: ['1 sending', '1 unknown', '2 sending', '2 sent'],
  });
});

test('while an attempt may be under way no other begins, and what it reports settles the mail', async () => {
  const { world, id, begin, end, settled } = await mailRequested();
  const sending = await begin({ leaseMs: 1_000 });
  world.start();
  await until('the delivery is put off', () => world.logged.some((line) => line.includes('delivery parked')));
  expect(await world.attempts(id)).toEqual(['1 sending']);
  await end(sending, { outcome: 'sent', status: 'sent', providerId: 'elsewhere' });
  expect(await settled()).toEqual({ status: 'sent', reason: null, mails: [], attempts: ['1 sending', '1 sent'] });
  expect(await world.failures()).toEqual([]);
});

test('deliveries of one mail at the same time send it once', async () => {
  const { world, eventId, messageId, settled } = await mailRequested();
  for (let copy = 0; copy < 3; copy += 1) await world.deliverAgain('deliver-email', [eventId]);
  world.start();
  const attempts = ['1 sending', '1 sent'];
  expect(await settled()).toEqual({ status: 'sent', reason: null, mails: [messageId], attempts });
});

test('a mail whose text can’t be written fails with the reason', async () => {
  const { world, settled } = await mailRequested({ recipientName: 'Ana' });
  world.start();
  const { reason, ...end } = await settled();
  expect(end).toEqual({ status: 'failed', attempts: ['1 sending', '1 rejected'], mails: [] });
  expect(reason).toContain('tenantName');
});

test('where the policy is to hold, an unknown attempt is held, and a late report of success settles it', async () => {
  const { begin, end, expireLease, standing, sql, id } = await mailRequested();
  const sending = await begin();
  await expireLease();
  const held = await sql.begin((tx) => beginSending(tx, [id], { ...claim, resendUnknown: () => false }));
  expect(held.get(id)).toEqual({ state: 'settled' });
  expect(await standing()).toEqual({ status: 'unknown', reason: 'never reported back' });
  await end(sending, { outcome: 'sent', status: 'sent' });
  expect(await standing()).toEqual({ status: 'sent', reason: null });
});

test('an attempt that reports back late does not undo a later one', async () => {
  const { begin, end, expireLease, standing } = await mailRequested();
  const first = await begin();
  await expireLease();
  const second = await begin();
  await end(first, { outcome: 'rejected', status: 'failed', detail: 'late' });
  expect(await standing()).toEqual({ status: 'sending', reason: null });
  await end(second, { outcome: 'sent', status: 'sent' });
  expect(await standing()).toEqual({ status: 'sent', reason: null });
});

test('no more mails are claimed than there are connections, so that none reads unknown that never left', async () => {
  const { world, sql, id: first } = await mailRequested();
  const users = await Promise.all(Array.from({ length: 29 }, () => world.person()));
  const ids = await sql.begin((tx) => insertNotifications(tx, users.map((userId) => ({
    userId, eventId: userId, payload: wholeProps, tenantId: undefined, channel: 'email', category: 'tickets', template: 'ticket-created',
    templateVersion: 2, locale: 'es', status: 'queued',
  }))));
  await world.commit(...ids.map((notificationId) => emailRequested({ occurredAt: new Date(), payload: { notificationId } })));
  await world.relayOnce();
  world.mailbox.fail = 'silent';
  world.start();
  await until('each connection has a mail', () => world.mailbox.failed === 10);
  const standings = await sql`select status, count(*)::integer as count from notification group by 1 order by 1`;
  expect(standings).toEqual([{ status: 'queued', count: 20 }, { status: 'sending', count: 10 }]);
  world.mailbox.fail = undefined;
  await world.mailbox.down();
  await world.mailbox.up();
  await world.settle();
  const attempts = await Promise.all([first, ...ids].map((id) => world.attempts(id)));
  expect(attempts.filter((steps) => steps.includes('1 unknown'))).toHaveLength(10);
  expect(attempts.filter((steps) => steps.join() === '1 sending,1 sent')).toHaveLength(20);
});
