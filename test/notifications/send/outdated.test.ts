import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { leadLeftUnanswered } from '../../../src/events/lead-left-unanswered.ts';
import { quoteSent } from '../../../src/events/quote-sent.ts';
import { ticketAssigned } from '../../../src/events/ticket-assigned.ts';
import { releaseNotifications } from '../../../src/jobs/release-notifications.ts';
import { lowestId } from '../../../src/outbox/partitions.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { runSlot } from '../../support/jobs.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';

/** A tenant's owner who is also the customer of a ticket with a quote, and a lead; mails wait until `release`. */
async function world() {
  const opened = await openNotifying([deliverEmail, notify], {}, { perHour: 0 });
  const { sql, commit, settle } = opened;
  const userId = await opened.person();
  const tenant = await opened.tenant({ ownerUserId: userId });
  const [ticketId, quoteId, leadId] = [randomUUID(), randomUUID(), randomUUID()];
  const occurredAt = new Date();
  await sql`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at, status, assignee_user_id, assigned_at)
    values (${ticketId}, ${tenant.id}, ${userId}, 'x', 'y', now(), 'quoted', ${userId}, ${occurredAt})
  `;
  await sql`
    insert into quote (id, ticket_id, lines, currency, total_minor, valid_until, sent_at)
    values (${quoteId}, ${ticketId}, '[]', 'MXN', 100, now() + interval '1 day', now())
  `;
  await sql`
    insert into lead (id, tenant_id, source, contact_name, contact_email, created_by, created_at)
    values (${leadId}, ${tenant.id}, 'form', 'Ana', 'ana@example.com', ${userId}, now() - interval '1 hour')
  `;
  await sql`insert into notification_setting (user_id, time_zone) values (${userId}, 'UTC')`;
  const quiet = (from: string | null, until: string | null) => sql`update notification_setting set quiet_from = ${from}, quiet_until = ${until}`;
  const clock = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16);
  opened.start();
  const shared = { tenantId: tenant.id, occurredAt };
  const named = { tenantName: tenant.name, subject: 'x', ticketId, customerUserId: userId };
  return {
    ...opened, ticketId, quoteId, leadId, tenant, userId,
    /** Tells of the quote, the lead and the assignment in a quiet night. */
    async tellAtNight() {
      await quiet(clock(-120), clock(120));
      const total = { minor: 100, currency: 'MXN' };
      await commit(quoteSent({ ...shared, payload: { ...named, quoteId, total, validUntil: new Date(Date.now() + 86_400_000).toISOString() } }));
      await commit(leadLeftUnanswered({
        ...shared, payload: { leadId, tenantId: tenant.id, tenantOwnerUserId: userId, tenantName: tenant.name, step: 1, waitingSince: occurredAt.toISOString() },
      }));
      await commit(ticketAssigned({ ...shared, payload: { ...named, assigneeUserId: userId } }));
      await settle();
    },
    async release() {
      await quiet(null, null);
      await sql`update notification set due_at = now() where due_at is not null`;
      await runSlot(sql, releaseNotifications, { ports: {} });
      await settle();
    },
    mails: async () => new Map((await opened.notifications()).filter(({ channel }) => channel === 'email')
      .map(({ template, status, reason }) => [template, reason === null ? status : `${status} ${reason}`])),
  };
}

const ALL = ['lead-unanswered', 'quote-sent', 'ticket-assigned'];

test('what is still true leaves after a quiet night', async () => {
  const { tellAtNight, release, mails, mailbox } = await world();
  await tellAtNight();
  expect(mailbox.messages).toHaveLength(0);
  await release();
  expect(await mails()).toEqual(new Map(ALL.map((template) => [template, 'sent'])));
});

test.for([
  ['a quote that was superseded', "update quote set status = 'superseded'", { 'quote-sent': 'a later quote superseded it' }],
  ['a quote that expired', "update quote set valid_until = now() - interval '1 second'", { 'quote-sent': 'the quote expired' }],
  ['a quote that was approved', "update quote set status = 'approved', approved_at = now()", { 'quote-sent': 'the quote was approved' }],
  ['a lead that was answered', "update lead set status = 'contacted', first_response_at = now()", { 'lead-unanswered': 'the lead waits no longer' }],
  ['a lead that was lost', "update lead set status = 'lost'", { 'lead-unanswered': 'the lead waits no longer' }],
  ['an assignment that was changed', "update ticket set assigned_at = assigned_at + interval '1 second'", { 'ticket-assigned': 'the ticket was assigned again' }],
  [
    'a ticket that was closed', "update ticket set status = 'closed', outcome = 'cancelled', closed_at = now(), closed_by = customer_user_id",
    { 'quote-sent': 'the ticket was closed', 'ticket-assigned': 'the ticket was closed' },
  ],
] as const)('of %s nothing leaves after a quiet night, and why is on record', async ([, change, outdated]) => {
  const { sql, tellAtNight, release, mails } = await world();
  await tellAtNight();
  await sql.unsafe(change);
  await release();
  const reasons = new Map<string, string>(Object.entries(outdated));
  expect(await mails()).toEqual(new Map(ALL.map((template) =>
    [template, reasons.has(template) ? `suppressed expiry: ${String(reasons.get(template))}` : 'sent'])));
  const decisions = await sql`select detail from notification_decision where channel = 'email' and rule = 'expiry' and verdict = 'suppressed'`;
  expect(decisions.map(({ detail }) => String(detail)).toSorted()).toEqual([...reasons.values()].toSorted());
});

test('of a ticket that was closed in the night its opening is not told, and what leaves at once is told as it happened', async () => {
  const { sql, commit, tenant, userId, tellAtNight, release, settle, mails, ticketId } = await world();
  await tellAtNight();
  const opened = ticketOpened(tenant, { customerUserId: userId });
  await commit({ ...opened, payload: { ...(opened.payload as object), ticketId } });
  await settle();
  await sql`update ticket set status = 'closed', outcome = 'cancelled', closed_at = now(), closed_by = customer_user_id`;
  await release();
  expect((await mails()).get('ticket-created')).toBe('suppressed expiry: the ticket was closed');
  await commit({ ...opened, payload: { ...(opened.payload as object), ticketId } });
  await settle();
  const again = await sql`select status from notification where template = 'ticket-created' and channel = 'email' order by id`;
  expect(again.map(({ status }) => String(status))).toEqual(['suppressed', 'sent']);
});

test('what tells late of an event is compared as well: another channel’s, or after a backlog', async () => {
  const { sql, tellAtNight, release, mails } = await world();
  await tellAtNight();
  const [event] = await sql<{ id: string }[]>`select id from outbox_event where event_type = 'QuoteSent'`;
  const earlier = lowestId(new Date(Date.now() - 120_000));
  await sql`update outbox_event set id = ${earlier} where id = ${event?.id ?? ''}`;
  await sql`update consumed_event set event_id = ${earlier} where event_id = ${event?.id ?? ''}`;
  await sql`update notification set event_id = ${earlier}, reason = null where event_id = ${event?.id ?? ''}`;
  await sql`update quote set status = 'superseded'`;
  await release();
  expect((await mails()).get('quote-sent')).toBe('suppressed expiry: a later quote superseded it');
});
