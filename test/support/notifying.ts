import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { saveConfirmedContact } from '../../dev/confirmed-contact.ts';
import { startMailbox } from '../../dev/sandbox/mailbox.ts';
import type { Contact } from '../../src/domain/tenants/contact.ts';
import { openTenant, type Tenant } from '../../src/domain/tenants/tenant.ts';
import { openTicket } from '../../src/domain/service/ticket.ts';
import type { Consumer } from '../../src/kernel/consumers/consumer.ts';
import { emailChannel } from '../../src/notifications/channels/email.ts';
import { publishTemplates, templatesFrom } from '../../src/notifications/templates/templates.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { openMail } from '../../src/platform/smtp.ts';
import { documentsInPostgres } from '../../src/documents/postgres-store.ts';
import { insertTenant } from '../../src/store/tenants/tenants.ts';
import { consumers as everyConsumer } from '../../src/workers/index.ts';
import type { Ports } from '../../src/workers/ports.ts';
import { templateContracts } from '../../templates/index.ts';
import { openSpine } from './spine.ts';
import { until } from './until.ts';

/** The calling test's own consumers, not yet started, between a database with templates and a mail server. */
export async function openNotifying(
  consumers: readonly Consumer<Ports>[] = everyConsumer,
  channels: Omit<Ports['channels'], 'email'> = {},
  changes: Partial<Ports> = {},
) {
  const { mailbox, mail, reopenMailbox } = await openMailbox();
  const hinted: string[] = [];
  const ports = {
    channels: { email: emailChannel(mail, 'TechMarket AI <no-reply@techmarket.example>'), ...channels },
    appUrl: 'https://app.techmarket.example',
    perHour: 1_000,
    digestMs: 3_600_000,
    clickBounds: { clicks: 5, addresses: 20 },
    confirmationSecrets: (id) => ({ code: '042917', link: `https://api.techmarket.example/contacts/${id}/token` }),
    unsubscribeUrl: (id) => `https://api.techmarket.example/unsubscribe/${id}/token`,
    inboxHint: (userIds) => void hinted.push(...userIds),
    onAttempt: () => undefined,
    ...changes,
  } as Ports & { templates: Ports['templates'] };
  const spine = await openSpine({ consumers, ports });
  const { sql, relay, queue, refill } = spine;
  const documents = documentsInPostgres(sql);
  await publishTemplates(documents, { contracts: templateContracts, by: 'test', reason: 'test' });
  ports.templates = templatesFrom(documents, { currentForMs: 0 }); // from the database that the spine made

  const relayOnce = async () => {
    const { events } = await publishEvents(relay);
    await refill();
    return events;
  };
  return {
    ...spine, ports, documents, mailbox, reopenMailbox, relayOnce, hinted,
    /** Relays and waits until every delivery, those that follow included, is consumed or dead. */
    settle: () =>
      until('every delivery is consumed or dead', async () => {
        await relayOnce();
        return (await openDeliveries(sql)).length === 0;
      }, { deadlineMs: 15_000 }),
    /** Puts deliveries into a queue once more, as the sweep and the refill would. */
    deliverAgain: (consumer: string, eventIds: readonly string[]) => spine.enqueue(consumer, eventIds),
    queuesEmpty: () =>
      until('no job is left', async () => {
        const counts = consumers.map(({ name }) => queue(name).getJobCounts('waiting', 'active', 'delayed'));
        return (await Promise.all(counts)).flatMap((count) => Object.values(count)).every((number) => number === 0);
      }),
    person: (contact?: Partial<Contact>) => savePerson(sql, contact),
    tenant: (facts?: TenantFacts) => saveTenant(sql, facts),
    notifications: () => readNotifications(sql),
    /** `<attempt> <outcome>` of each step, in the order they came. */
    attempts: async (id: string) => {
      const steps = await sql`
        select attempt, outcome from notification_attempt where notification_id = ${id} order by at
      `;
      return steps.map(({ attempt, outcome }) => `${attempt} ${outcome}`);
    },
    failures: () => sql`select attempts, error from delivery_failure`,
    deadLetters: () => sql`select consumer_name as consumer, event_id as "eventId", error from dead_letter`,
  };
}

/** A mail server that can be stopped and opened again where it was, and our sessions with it. */
async function openMailbox() {
  const mailbox = await startMailbox();
  const mail = openMail({ url: mailbox.smtpUrl });
  const open = [mailbox];
  onTestFinished(async () => {
    mail.close();
    for (const each of open) await each.stop();
  });
  const reopenMailbox = async () => {
    const again = await startMailbox({ smtpPort: Number(new URL(mailbox.smtpUrl).port) });
    open.push(again);
    return again;
  };
  return { mailbox, mail, reopenMailbox };
}

/** Somebody who can be told; the id comes back. */
async function savePerson(sql: Sql, contact: Partial<Contact> = {}): Promise<string> {
  const userId = randomUUID();
  const known: Contact = { name: 'Ana Ruiz', email: `${userId}@example.com`, locale: 'es', ...contact };
  await saveConfirmedContact(sql, userId, known);
  return userId;
}

interface TenantFacts {
  readonly ownerUserId?: string;
  readonly timeZone?: string;
}

/** A verified tenant, without the events of becoming one. */
async function saveTenant(sql: Sql, facts: TenantFacts = {}): Promise<Tenant> {
  const { ownerUserId = randomUUID(), timeZone = 'America/Mexico_City' } = facts;
  const input = { id: randomUUID(), ownerUserId, name: 'Taller Norte', country: 'MX', currency: 'MXN', timeZone };
  const { tenant } = openTenant(input, new Date());
  await sql.begin((tx) => insertTenant(tx, tenant));
  return { ...tenant, status: 'verified' };
}

/** A customer's new ticket at a tenant: its one event. */
export function ticketOpened(
  tenant: Tenant,
  { customerUserId, subject = 'No hay agua' }: { readonly customerUserId: string; readonly subject?: string },
) {
  const ticket = { id: randomUUID(), customerUserId, tenant, subject, description: 'Desde ayer.' };
  const [created] = openTicket(ticket, new Date()).events;
  if (created === undefined) throw new Error('a ticket without an event');
  return created;
}

const openDeliveries = (sql: Sql) => sql`
  select from outbox_event event
  join subscription on subscription.event_type = event.event_type
  where not exists (
    select from consumed_event done
    where done.consumer_name = subscription.consumer_name and done.event_id = event.id
  )
  and not exists (
    select from dead_letter dead
    where dead.consumer_name = subscription.consumer_name and dead.event_id = event.id
  )
`;

interface NotificationRow {
  readonly id: string;
  readonly userId: string;
  readonly channel: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly status: string;
  readonly reason: string | null;
  readonly body: string | null;
}

const readNotifications = (sql: Sql) => sql<NotificationRow[]>`
  select id, user_id as "userId", channel, template, template_version as "templateVersion", locale, status, reason, body
  from notification
  order by channel, id
`;
