import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { saveConfirmedContact } from '../dev/confirmed-contact.ts';
import type { AcceptedMail } from '../dev/sandbox/mailbox.ts';
import { until } from '../dev/until.ts';
import { openTenant, type Tenant } from '../src/domain/tenants/tenant.ts';
import { openTicket } from '../src/domain/service/ticket.ts';
import { publishTemplates, templatesFrom } from '../src/notifications/templates/templates.ts';
import { unsubscribeUrl } from '../src/notifications/send/unsubscribe.ts';
import { append } from '../src/outbox/append.ts';
import { makeWake } from '../src/outbox/wake.ts';
import type { Sql } from '../src/platform/postgres.ts';
import { transaction } from '../src/platform/transaction.ts';
import { documentsInPostgres } from '../src/documents/postgres-store.ts';
import { insertTenant } from '../src/store/tenants/tenants.ts';
import { consumers } from '../src/workers/index.ts';
import { templateContracts } from '../templates/index.ts';
import { ticketCreated } from '../templates/ticket-created/contract.ts';
import { type MailServer, startMailServer } from './mail-server.ts';
import { type Measure, median, ratio, type Size } from './measure.ts';
import { startOn } from './processes.ts';
import type { Answer, Mails } from './bare-mails.ts';
import { openWorld, seconds, type Servers, type World } from './world.ts';

const SEND_MAILS = fileURLToPath(new URL('bare-mails.ts', import.meta.url));
const MAIL_FROM = 'TechMarket AI <no-reply@techmarket.example>';
const APP_URL = 'https://app.techmarket.example';
const PUBLIC_URL = 'https://api.techmarket.example';
const UNLIMITED = '100000';
const TOLD = 2; // of each ticket: its customer and the tenant's owner
const ROUND_MS = 120_000;
const SAME_SIZE = 0.01; // the owner's text is some letters longer than the customer's

const person = { name: 'Ana Ruiz', locale: 'es' } as const;
const place = { name: 'Taller Norte', country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City' };
const subject = 'No hay agua';

export interface NotificationsSize extends Size {
  /** Of the mail server, on the disk that the database is on. */
  readonly mailLogFile: string;
}

/**
 * Notifications per second from the commit of tickets' events, each of which tells two people in their inbox and by mail, to
 * the last row that says so, through one relay and one worker process; against a bare pool that sends as many mails of
 * the same size to the same server.
 */
export async function measureNotifications(
  servers: Servers,
  { count, rounds, mailLogFile }: NotificationsSize,
): Promise<readonly Measure[]> {
  const world = await openWorld(servers, consumers);
  const server = await startMailServer(mailLogFile);
  const mails = { ...(await prepareMail(world.sql)), count: count * TOLD };
  const parties = await saveParties(world.sql, count);
  const env = { SMTP_URL: server.smtpUrl, MAIL_FROM, APP_URL, PUBLIC_URL, EMAIL_PER_SECOND: UNLIMITED };
  const processes = await startOn(world, { servers, formation: { relay: 1, worker: 1 }, env });
  const sender = fork(SEND_MAILS, [server.smtpUrl]);

  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const before = server.count();
    const tookBare = await seconds(() => sendBare(sender, mails));
    const tookOurs = await notifyAll(world, { server, parties });
    assertSameMails(server.after(before), mails.count);
    await settle(world.sql);
    if (round === 0) continue;
    ours.push(mails.count / tookOurs);
    baseline.push(mails.count / tookBare);
  }
  sender.disconnect();
  await processes.stop();
  await server.stop();
  await world.close();
  const bare = { unit: 'a second', baseline: median(baseline) };
  return [
    ratio({ ...bare, name: 'notifications, in the inbox and by mail, against a bare pool’s mails', ours: median(ours) * 2, bound: { atLeast: 0.6 } }),
    ratio({ ...bare, name: 'mails alone, against a bare pool', ours: median(ours), bound: { atLeast: 0.6 } }),
  ];
}

/** Publishes the templates, and renders the mail that the baseline sends with other ids. */
async function prepareMail(sql: Sql): Promise<Omit<Mails, 'count'>> {
  const documents = documentsInPostgres(sql);
  await publishTemplates(documents, { contracts: templateContracts, by: 'bench', reason: 'bench' });
  const templates = templatesFrom(documents);
  const { name } = ticketCreated;
  const sampleId = randomUUID();
  const link = `${APP_URL}/tickets/${sampleId}`;
  const listUnsubscribeUrl = unsubscribeUrl({ baseUrl: PUBLIC_URL, key: 'bench' }, randomUUID());
  const props = { recipientName: person.name, tenantName: place.name, subject, link, unsubscribeUrl: listUnsubscribeUrl };
  const { locale } = person;
  const version = await templates.current(name);
  const { subject: title, text, html } = await templates.render({ name, version, locale, channel: 'email', props });
  return { from: MAIL_FROM, subject: title, text, html, listUnsubscribeUrl, sampleId };
}

/** Who has to do with one ticket a round. */
interface Parties {
  readonly customerUserId: string;
  readonly tenant: Tenant;
}

/** Tenants, their owners and their customers: each is told once a round, which is less than what throttles them. */
async function saveParties(sql: Sql, count: number): Promise<readonly Parties[]> {
  const parties = Array.from({ length: count }, (): Parties => {
    const { tenant } = openTenant({ id: randomUUID(), ownerUserId: randomUUID(), ...place }, new Date());
    return { customerUserId: randomUUID(), tenant: { ...tenant, status: 'verified' } };
  });
  await transaction(sql, async (tx) => {
    for (const { customerUserId, tenant } of parties) {
      await insertTenant(tx, tenant);
      for (const userId of [customerUserId, tenant.ownerUserId]) {
        await saveConfirmedContact(tx, userId, { ...person, email: `${userId}@example.com` });
      }
    }
  });
  return parties;
}

async function sendBare(sender: ChildProcess, mails: Mails): Promise<void> {
  const answered = once(sender, 'message', { signal: AbortSignal.timeout(ROUND_MS) });
  sender.send(mails);
  const [answer] = (await answered) as [Answer];
  if (answer.failed !== undefined) throw new Error(`the bare pool failed: ${answer.failed}`);
}

/** Seconds from the commit of a ticket's event for each of the parties until all of them have been told. */
async function notifyAll(
  { sql, redis, prefix }: World,
  { server, parties }: { readonly server: MailServer; readonly parties: readonly Parties[] },
): Promise<number> {
  const entries = parties.flatMap((of) => {
    const ticket = { id: randomUUID(), subject, description: 'Desde ayer.', ...of };
    return openTicket(ticket, new Date()).events.map((event) => ({ event, origin: {} }));
  });
  const [accepted, told] = [server.count(), parties.length * TOLD];
  const { ids, began } = await transaction(sql, async (tx) => ({
    ids: await append(tx, ...entries),
    began: performance.now(), // the commit is part of it
  }));
  makeWake(redis, prefix)();
  const missing = () => `${server.count() - accepted} of ${told} mails are accepted`;
  await until(missing, () => server.count() - accepted >= told, { deadlineMs: ROUND_MS });
  await until('every notification is sent or delivered', async () => {
    const [row] = await sql<{ sent: number; delivered: number }[]>`
      select count(*) filter (where channel = 'email' and status = 'sent')::integer      as sent,
             count(*) filter (where channel = 'inbox' and status = 'delivered')::integer as delivered
      from notification where event_id = any(${ids}::uuid[])
    `;
    return row?.sent === told && row.delivered === told;
  });
  return (performance.now() - began) / 1_000;
}

/** Both halves of a round sent as many mails, each once, and of one size. */
function assertSameMails(mails: readonly AcceptedMail[], count: number): void {
  const halves = [mails.slice(0, count), mails.slice(count)].map((half) => ({
    mails: half.length,
    ids: new Set(half.map(({ notificationId }) => notificationId)).size,
    bytes: half.reduce((sum, { bytes }) => sum + bytes, 0) / half.length,
  }));
  const [bare, ours] = halves;
  const areWhole = halves.every((half) => half.mails === count && half.ids === count);
  if (areWhole && bare && ours && Math.abs(ours.bytes / bare.bytes - 1) < SAME_SIZE) return;
  throw new Error(`the halves of a round differ: ${JSON.stringify(halves)}`);
}

/** Waits until nothing is left to consume, and lets PostgreSQL look at what there is, as it would by itself in time. */
async function settle(sql: Sql): Promise<void> {
  await until('every delivery is consumed', async () => {
    const open = await sql`
      select from outbox_event event
      join subscription on subscription.event_type = event.event_type
      where not exists (
        select from consumed_event done
        where done.consumer_name = subscription.consumer_name and done.event_id = event.id
      )
      limit 1
    `;
    return open.length === 0;
  });
  await sql`analyze`;
}
