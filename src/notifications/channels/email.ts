import { answerOfSmtp } from '../../platform/answers/smtp.ts';
import { SmtpFailure } from '../../platform/smtp.ts';
import type { Mail } from '../../platform/smtp.ts';
import { oneLine } from './channel-text.ts';
import { type Outcome, outcomeOf, type OutwardChannel } from './channel.ts';
import type { Rendered } from '../templates/render.ts';

export interface Email {
  /** Becomes the Message-ID, so that a second sending is recognisable as the same message. */
  readonly notificationId: string;
  /** One address, without a name. */
  readonly to: string;
  /** An address, or `Name <address>`. */
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where a POST unsubscribes the reader at once (RFC 8058); https. */
  readonly listUnsubscribeUrl?: string | undefined;
  /** Gives the attempt up, wherever it is. */
  readonly signal?: AbortSignal | undefined;
}

const ADDRESS = /^[^\s<>,;:"()[\]\\@]{1,64}@[^\s<>,;:"()[\]\\@]{1,255}$/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Mail from one sender, over SMTP; an address is an e-mail address. */
export function emailChannel(mail: Mail, from: string): OutwardChannel<string, Rendered['email']> {
  return Object.freeze({
    capacity: mail.capacity,
    send: ({ notificationId, to, signal, unsubscribeUrl, content: { subject, html, text } }) =>
      sendEmail(mail, { notificationId, from, to, subject: oneLine(subject), html, text, listUnsubscribeUrl: unsubscribeUrl, signal }),
  } satisfies OutwardChannel<string, Rendered['email']>);
}

/** Hands one message to the mail server, and says what became of it; it does not throw. */
export async function sendEmail(mail: Mail, email: Email): Promise<Outcome> {
  const { notificationId, to, from, subject, text, html, listUnsubscribeUrl, signal } = email;
  const sender = /<([^<>]*)>$/.exec(from)?.[1] ?? from;
  const refuse = (reason: string): Outcome => ({ outcome: 'rejected', reason });
  if (!ADDRESS.test(to)) return refuse('the address is not one address');
  if (!ADDRESS.test(sender)) return refuse('the sender is not one address');
  if ([from, subject, listUnsubscribeUrl ?? ''].some((header) => CONTROL.test(header))) {
    return refuse('a header holds a line break or a control character');
  }

  const messageId = `<${notificationId}@${sender.slice(sender.indexOf('@') + 1)}>`;
  try {
    const { serverMessageId } = await mail.send({
      from,
      to: { name: '', address: to },
      envelope: { from: sender, to },
      messageId,
      subject,
      text,
      html,
      headers: {
        'X-Notification-Id': notificationId,
        'Auto-Submitted': 'auto-generated',
        ...(listUnsubscribeUrl !== undefined && {
          'List-Unsubscribe': `<${listUnsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
      },
      signal,
    });
    return { outcome: 'sent', providerId: serverMessageId ?? messageId };
  } catch (error) {
    if (!(error instanceof SmtpFailure)) throw error;
    return outcome(error);
  }
}

/** Codes of nodemailer 10 for what the library refuses itself, because of the message or its address. */
const REFUSED_HERE = new Set(['EENVELOPE', 'EMESSAGE', 'ESTREAM', 'EMAXRECIPIENTS']);
/** Codes for what it refuses because of our credentials, or what the server offers for them. */
const NOT_SIGNED_IN = new Set(['EAUTH', 'ENOAUTH', 'EREQUIRETLS']);

/**
 * Tells the outcomes apart by what nodemailer 10 reports: EENVELOPE is a refusal before the message left, EMESSAGE the
 * answer to the whole message; a lost or silent connection has neither, whenever it happens.
 */
function outcome({ cause, handedOver }: SmtpFailure): Outcome {
  const { code = '', responseCode, response = '', command } = cause;
  const reason = reasonOf(cause);
  // Once the message has left, only its own answer counts: what else was read is a part of one.
  if (handedOver && (responseCode === undefined || code !== 'EMESSAGE')) return { outcome: 'unknown', reason };
  if (responseCode !== undefined && responseCode >= 400) {
    return outcomeOf(answerOfSmtp({ command, code: responseCode, text: response }), { reason });
  }
  if (NOT_SIGNED_IN.has(code)) return { outcome: 'unauthorized', reason };
  return REFUSED_HERE.has(code) ? { outcome: 'rejected', reason } : { outcome: 'unreachable', reason };
}

/** Codes only: a server's text may quote the address, or anything else. */
function reasonOf({ code, command, originalCode, response, responseCode, timeoutType }: SmtpFailure['cause']): string {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
  const detail = timeoutType ?? originalCode;
  return ['smtp', responseCode, enhanced, code, detail, command && `at ${command}`].filter(Boolean).join(' ');
}
