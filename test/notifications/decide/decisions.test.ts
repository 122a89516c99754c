import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { appointmentApproached } from '../../../src/events/appointment-approached.ts';
import { paymentFailed } from '../../../src/events/payment-failed.ts';
import { releaseNotifications } from '../../../src/jobs/release-notifications.ts';
import type { Tenant } from '../../../src/domain/tenants/tenant.ts';
import { savePreferences, saveSetting } from '../../../src/notifications/decide/preferences.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import type { Ports } from '../../../src/workers/ports.ts';
import { runSlot } from '../../support/jobs.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';
import { until } from '../../support/until.ts';

const off = { channel: 'email', category: 'tickets', enabled: false };
/** Quiet for all of the day but the minute that ended twelve hours ago. */
function quietNow() {
  const clock = (hours: number, minutes: number) => new Date(Date.now() + hours * 3_600_000 + minutes * 60_000).toISOString().slice(11, 16);
  return { timeZone: 'UTC', quietHours: { from: clock(12, 1), until: clock(12, 0) } };
}

/** A customer of their own tenant, so that everything is theirs, and consumers that run. */
async function world(changes: Partial<Ports> = {}) {
  const opened = await openNotifying([deliverEmail, notify], {}, changes);
  const { sql } = opened;
  const userId = await opened.person();
  const tenant = await opened.tenant({ ownerUserId: userId });
  opened.start();
  return {
    ...opened, userId, tenant,
    openTicket: () => opened.commit(ticketOpened(tenant, { customerUserId: userId })),
    prefer: (preference: typeof off) => sql.begin((tx) => savePreferences(tx, userId, [preference])),
    beQuiet: () => sql.begin((tx) => saveSetting(tx, userId, quietNow())),
    beLoud: () => sql.begin((tx) => saveSetting(tx, userId, { timeZone: 'UTC', quietHours: null })),
    /** Mails, those of tickets before those of payments. */
    mails: async () => (await opened.notifications())
      .filter(({ channel }) => channel === 'email').toSorted((a, b) => b.template.localeCompare(a.template)),
    release: async () => {
      await sql`update notification set due_at = now() where due_at is not null`;
      await runSlot(sql, releaseNotifications, { ports: {} });
    },
    decisions: async () => {
      const rows = await sql`
        select channel || ' ' || rule || ' ' || verdict as said from notification_decision order by decided_at, channel
      `;
      return rows.map(({ said }) => String(said));
    },
  };
}

const failedPayment = (tenant: Tenant) => paymentFailed({
  tenantId: tenant.id, occurredAt: new Date(),
  payload: {
    paymentId: randomUUID(), tenantId: tenant.id, tenantOwnerUserId: tenant.ownerUserId, tenantName: tenant.name,
    subscriptionId: null, amount: { minor: 100, currency: 'MXN' }, provider: 'sandpay', providerPaymentId: 'pay_1',
    reason: 'insufficient funds',
  },
});

test('what a user switched off is suppressed and on record, and what is critical comes all the same', async () => {
  const { prefer, openTicket, commit, tenant, settle, mails, decisions, mailbox } = await world();
  await prefer(off);
  await prefer({ ...off, category: 'payments' });
  await openTicket();
  await commit(failedPayment(tenant));
  await settle();
  expect(await mails()).toMatchObject([
    { template: 'ticket-created', status: 'suppressed', reason: 'preference: off' },
    { template: 'payment-failed', status: 'sent' },
  ]);
  expect(mailbox.messages).toHaveLength(1);
  const said = (await decisions()).filter((decision) => decision.startsWith('email')).toSorted();
  expect(said).toEqual(['email preference allowed', 'email preference suppressed']);
  await prefer({ ...off, enabled: true });
  await openTicket();
  await settle();
  expect(mailbox.messages).toHaveLength(2);
});

test('quiet hours hold a mail, not the inbox and not what is critical, and their end sends it once', async () => {
  const { beQuiet, beLoud, openTicket, commit, tenant, settle, mails, notifications, release, decisions, mailbox } = await world();
  await beQuiet();
  await openTicket();
  await commit(failedPayment(tenant));
  await settle();
  const reason = expect.stringMatching(/^quiet hours: until /) as string;
  expect(await mails()).toMatchObject([
    { template: 'ticket-created', status: 'queued', reason }, { template: 'payment-failed', status: 'sent' },
  ]);
  expect((await notifications()).filter(({ channel }) => channel === 'inbox')).toMatchObject([{ status: 'delivered' }, { status: 'delivered' }]);
  await release(); // still quiet: it is held again
  await settle();
  expect(mailbox.messages).toHaveLength(1);

  await beLoud();
  await release();
  await settle();
  await release();
  await settle();
  expect((await mails()).map(({ status }) => status)).toEqual(['sent', 'sent']);
  expect(mailbox.messages).toHaveLength(2);
  const held = (await decisions()).filter((decision) => decision.startsWith('email')).toSorted();
  expect(held).toEqual(['email quiet hours allowed', 'email quiet hours held', 'email quiet hours held']);
});

test('beyond what a user gets in an hour the rest waits, however much comes at once', async () => {
  const { openTicket, settle, mails, sql, release, mailbox } = await world({ perHour: 2 });
  for (let count = 0; count < 6; count += 1) await openTicket();
  await settle();
  const statuses = async () => (await mails()).map(({ status }) => status).toSorted();
  expect(await statuses()).toEqual(['queued', 'queued', 'queued', 'queued', 'sent', 'sent']);
  await sql`update notification set attempted_at = attempted_at - interval '1 hour' where attempted_at is not null`;
  await release();
  await settle();
  expect(await statuses()).toEqual(['queued', 'queued', 'sent', 'sent', 'sent', 'sent']);
  expect(mailbox.messages).toHaveLength(4);
});

test.for([
  ['that is over', async () => undefined, new Date(Date.now() - 60_000)],
  ['that was called off', async ({ sql }, id) => void (await sql`update appointment set status = 'cancelled', reason = 'x', cancelled_at = now() where id = ${id}`), undefined],
  ['that moved', async ({ sql }, id) => void (await sql`update appointment set starts_at = starts_at + interval '1 day' where id = ${id}`), undefined],
] satisfies [string, (of: Awaited<ReturnType<typeof world>>, id: string) => Promise<void>, Date | undefined][])(
  'no reminder leaves of a visit %s',
  async ([, change, over]) => {
    const opened = await world();
    const { sql, userId, tenant, openTicket, commit, settle, mails, beQuiet, beLoud, release } = opened;
    await openTicket();
    await settle();
    await beQuiet();
    const startsAt = over ?? new Date(Date.now() + 86_400_000);
    const [id, ticketId] = [randomUUID(), randomUUID()];
    await sql`
      insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
      values (${ticketId}, ${tenant.id}, ${userId}, 'x', 'y', now())
    `;
    await sql`
      insert into appointment (id, ticket_id, starts_at, status, scheduled_at)
      values (${id}, ${ticketId}, ${startsAt}, 'scheduled', now())
    `;
    await commit(appointmentApproached({
      tenantId: tenant.id, occurredAt: new Date(),
      payload: { appointmentId: id, ticketId, customerUserId: userId, tenantName: tenant.name, subject: 'x', startsAt: startsAt.toISOString() },
    }));
    await settle();
    await change(opened, id);
    await beLoud();
    await release();
    await settle();
    const reason = expect.stringMatching(/^expiry: /) as string;
    expect((await mails()).at(-1)).toMatchObject({ template: 'appointment-reminder', status: 'suppressed', reason });
  },
);

test('a mail whose end is unknown again and again is not sent for ever, and no delivery dies of it', async () => {
  const { mailbox, openTicket, mails, sql, settle, deadLetters } = await world();
  await sql`alter table notification alter column refusals set default 6`;
  mailbox.fail = 'malformed';
  await openTicket();
  await until('it was sent for the last time', async () => {
    await settle();
    return (await mails())[0]?.status === 'unknown';
  });
  expect(await mails()).toMatchObject([{ reason: expect.stringMatching(/^smtp /) as string }]);
  expect(await deadLetters()).toEqual([]);
});
