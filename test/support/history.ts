import { randomUUID } from 'node:crypto';
import { signWebhook } from '../../dev/sandbox/payment-provider.ts';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { append } from '../../src/outbox/append.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { openShop, post, settled, someone, type System } from './system.ts';
import { partsWith, PATH } from './templates.ts';
import { until } from './until.ts';

/** What has happened in a system, for pages to show. */
export interface History {
  readonly tenantId: string;
  /** Of a ticket that was opened, and whose mail was refused for good. */
  readonly eventId: string;
  /** Of an event that nobody can read: a dead letter at each of its consumers. */
  readonly deadId: string;
  /** The mail, and whom it was for. */
  readonly notificationId: string;
  readonly userId: string;
  /** The webhook’s. */
  readonly deliveryId: string;
  readonly mismatchId: string;
  openTicket(): Promise<string>;
}

/** Lets a little of everything happen: tickets with mails, a mail that is refused, a poisoned event, a webhook, a template’s second version. */
export async function makeHistory(system: System): Promise<History> {
  const { sql, mailbox } = system;
  const openTicket = await openShop(system);
  await openTicket();
  await settled(system);
  mailbox.fail = 'reject-5xx';
  await openTicket();
  await settled(system);
  mailbox.fail = undefined;

  const [failed] = await sql<{ notificationId: string; eventId: string; userId: string; tenantId: string }[]>`
    select notification.id as "notificationId", event_id as "eventId", user_id as "userId", event.tenant_id as "tenantId"
    from notification join outbox_event event on event.id = event_id
    where channel = 'email' and notification.status = 'failed' limit 1
  `;
  if (failed === undefined) throw new Error('no mail failed');
  const deliveryId = await payByWebhook(system, failed.tenantId);
  await publishTemplate(system);
  const mismatchId = await findMismatch(sql);
  return { ...failed, deliveryId, mismatchId, deadId: await poison(system, failed.tenantId), openTicket };
}

/** Commits an event that nobody can read, and waits until all who hear it have given up; its id comes back. */
export async function poison({ sql }: Pick<System, 'sql'>, tenantId: string): Promise<string> {
  const event = {
    eventType: ticketCreated.type, schemaVersion: 1, tenantId, occurredAt: new Date(), payload: { ticketId: 'not an id' },
  };
  const [id = ''] = await transaction(sql, (tx) => append(tx, { event, origin: {} }));
  await until('every consumer has given up', async () => {
    const [row] = await sql<{ open: number }[]>`
      select count(*)::integer as open from subscription
      where event_type = ${ticketCreated.type}
        and not exists (select from dead_letter letter where letter.event_id = ${id} and letter.consumer_name = subscription.consumer_name)
    `;
    return row?.open === 0;
  });
  return id;
}

async function payByWebhook({ apiUrl, secret }: System, tenantId: string): Promise<string> {
  const data = { paymentId: 'pay_1', tenantId, amountMinor: 49_900, currency: 'MXN' };
  const body = JSON.stringify({ type: 'payment.captured', data });
  const [deliveryId, timestamp] = [`whd_${randomUUID()}`, String(Math.floor(Date.now() / 1_000))];
  const answer = await fetch(`${apiUrl}/webhooks/payments/sandpay`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', 'Webhook-Id': deliveryId, 'Webhook-Timestamp': timestamp,
      'Webhook-Signature': signWebhook(secret, { deliveryId, timestamp, body }),
    },
    body,
  });
  if (!answer.ok) throw new Error(`the webhook was answered ${answer.status}`);
  return deliveryId;
}

/** Writes down that a report has another amount than a payment. Returns the mismatch's id. */
async function findMismatch(sql: System['sql']): Promise<string> {
  const [reportId, mismatchId] = [randomUUID(), randomUUID()];
  await sql`insert into settlement_report (id, provider, period_start, period_end) values (${reportId}, 'sandpay', '2026-06-10', '2026-06-10')`;
  await sql`
    insert into payment_mismatch (
      id, provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, found_at, changed_at
    )
    values (${mismatchId}, 'sandpay', 'pay_1', 'amount-differs', ${reportId}, 49900, 'MXN', 49000, 'MXN', now(), now())
  `;
  await sql`
    insert into payment_mismatch_change (mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency)
    values (${mismatchId}, 'found', now(), ${reportId}, 49900, 'MXN', 49000, 'MXN')
  `;
  return mismatchId;
}

async function publishTemplate(system: System): Promise<void> {
  const token = await system.issueToken(someone(), { roles: ['backoffice:write'] });
  const body = { parts: await partsWith({ es: { inbox: 'Hay un ticket nuevo: {{subject}}' } }), reason: 'shorter' };
  await post(system, { token, path: `${PATH}/versions`, body });
}

/** Sends forms of the backoffice as an operator who may write, without a browser; each gives the path of its outcome. */
export async function formSender({ apiUrl, issueToken }: System) {
  const Cookie = `columna_session=${await issueToken(someone(), { roles: ['backoffice:write'] })}`;
  return async (path: string, fields: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await fetch(`${apiUrl}/backoffice/ui${path}`, {
      method: 'POST',
      headers: { Cookie, Origin: apiUrl, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ key: randomUUID(), ...fields }).toString(),
      redirect: 'manual',
    });
    if (answer.status !== 303) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer.headers.get('Location') ?? '';
  };
}
