import { expect, test } from 'vitest';
import { emailRequested } from '../../src/events/email-requested.ts';
import { insertNotifications } from '../../src/store/notifications.ts';
import { endSending, type SendingEnd } from '../../src/store/end-sending.ts';
import { beginSending, type ClaimOptions, type Sending } from '../../src/store/sending.ts';
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

test('a refusal for now is tried again and arrives', async () => {
  const { world, messageId, standing, settled } = await mailRequested();
  world.mailbox.fail = 'reject-4xx';
  world.start();
  await until('the failure is counted', async () => (await world.failures()).length === 1);
  expect(await standing()).toEqual({ status: 'queued', reason: 'smtp 451 EMESSAGE at DATA' });
  world.mailbox.fail = undefined;
  expect(await settled()).toEqual({
    status: 'sent', reason: null, mails: [messageId],
    attempts: ['1 sending', '1 rejected', '2 sending', '2 sent'],
  });
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
