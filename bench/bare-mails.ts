// Forked with a mail server's URL: sends as many mails as it is told and answers when the last was accepted.
import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';

/** What is sent, and how often. */
export interface Mails {
  readonly count: number;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly listUnsubscribeUrl: string;
  /** An id in the texts that each mail has its own of. */
  readonly sampleId: string;
}

/** What the last of them came to. */
export interface Answer {
  readonly failed?: string;
}

const AT_ONCE = 20; // as many as the worker has in its hands, and more than the pool has connections

// nodemailer's pool with as many connections as the worker's, and the encoding that costs it the least.
const mail = createTransport(
  { url: process.argv[2] ?? '', pool: true, maxConnections: 10 },
  { textEncoding: 'quoted-printable' },
);

async function send({ count, listUnsubscribeUrl, sampleId, ...message }: Mails): Promise<void> {
  const sender = /<(.*)>$/.exec(message.from)?.[1] ?? message.from;
  let begun = 0;
  const sendOn = async () => {
    while (begun < count) {
      begun += 1;
      const id = randomUUID();
      const to = `${randomUUID()}@example.com`;
      await mail.sendMail({
        ...message,
        text: message.text.replaceAll(sampleId, id), // each mail is another: V8 remembers what it matched in a string
        html: message.html.replaceAll(sampleId, id),
        to: { name: '', address: to },
        envelope: { from: sender, to },
        messageId: `<${id}@${sender.replace(/.*@/, '')}>`,
        headers: {
          'X-Notification-Id': id,
          'Auto-Submitted': 'auto-generated',
          'List-Unsubscribe': `<${listUnsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        },
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn));
}

async function answer(mails: Mails): Promise<void> {
  const failed = await send(mails).then(() => undefined, String);
  process.send?.({ ...(failed !== undefined && { failed }) } satisfies Answer);
}

process.on('message', (mails: Mails) => void answer(mails));
process.on('disconnect', () => mail.close());
