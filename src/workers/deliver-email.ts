import { templateContracts } from '../../templates/index.ts';
import { emailRequested } from '../events/email-requested.ts';
import { defineEffect } from '../kernel/consumer.ts';
import { Outage, RetryLater } from '../kernel/errors.ts';
import { type EmailOutcome, sendEmail } from '../notifications/channels/email.ts';
import { RenderError } from '../notifications/template-language.ts';
import { signal as reach } from '../platform/signal.ts';
import type { Db } from '../platform/postgres.ts';
import { readContacts } from '../store/contacts.ts';
import { beginSending, endSending, type Sending, type SendingEnd } from '../store/notifications.ts';
import type { Ports } from './ports.ts';

const TIMEOUT_MS = 25_000;
const LEASE_MS = TIMEOUT_MS + 5_000; // beyond it, an attempt that has not reported back never will

const resendUnknown = (template: string) =>
  templateContracts.find(({ name }) => name === template)?.onUnknown === 'resend';

/** Sends the mail that a notification asked for, each attempt on record before it begins. */
export const deliverEmail = defineEffect<Ports, [typeof emailRequested]>({
  name: 'deliver-email', // names its queue and its proofs: never rename
  on: [emailRequested],
  timeoutMs: TIMEOUT_MS,

  async perform({ payload }, { sql, ports, signal }) {
    const claim = await beginSending(sql, payload.notificationId, { leaseMs: LEASE_MS, resendUnknown });
    if (claim.state === 'busy') throw new RetryLater(claim.forMs, 'another attempt may still be under way');
    if (claim.state === 'settled') return;
    const { sending } = claim;
    const outcome = await send(sql, ports, sending, signal);
    if (outcome.outcome === 'sent') reach('mail.accepted');
    const end = endOf(outcome, resendUnknown(sending.template));
    await endSending(sql, sending, end);
    if (outcome.outcome === 'unreachable') throw new Outage(`mail server: ${outcome.reason}`);
    if (end.status === 'queued') throw new Error(`mail not accepted: ${end.detail ?? outcome.outcome}`);
  },
});

async function send(db: Db, { templates, mail, mailFrom }: Ports, sending: Sending, signal: AbortSignal): Promise<EmailOutcome> {
  const { id: notificationId, userId, template: name, templateVersion: version, locale, payload: props } = sending;
  const contact = (await readContacts(db, [userId])).get(userId);
  if (contact === undefined) return { outcome: 'rejected', permanent: true, reason: 'the user has no address' };
  try {
    const { subject, html, text } = await templates.render({ name, version, locale, channel: 'email', props });
    return await sendEmail(mail, { notificationId, from: mailFrom, to: contact.email, subject, html, text, signal });
  } catch (error) {
    if (error instanceof RenderError) return { outcome: 'rejected', permanent: true, reason: error.message };
    throw error;
  }
}

/** A definite refusal ends the notification; what may succeed is queued again, what nobody knows by the template's policy. */
function endOf(outcome: EmailOutcome, resend: boolean): SendingEnd {
  switch (outcome.outcome) {
    case 'sent':
      return { outcome: 'sent', status: 'sent', providerId: outcome.providerId };
    case 'rejected':
      return { outcome: 'rejected', status: outcome.permanent ? 'failed' : 'queued', detail: outcome.reason };
    case 'unreachable':
      return { outcome: 'unreachable', status: 'queued', detail: outcome.reason };
    case 'unknown':
      return { outcome: 'unknown', status: resend ? 'queued' : 'unknown', detail: outcome.reason };
  }
}
