import { setInterval, setTimeout } from 'node:timers/promises';
import type { WhatsAppMessage, WhatsAppSandbox, WhatsAppStatus } from '../sandbox/whatsapp.ts';

/** What WhatsApp has reported of its messages so far. */
export interface Receipts extends AsyncDisposable {
  statusOf(messageId: string): WhatsAppStatus | undefined;
}

const LOOK_EVERY_MS = 20;
/** A phone takes its time, and so does its owner. */
const PAUSES_MS = { sent: 0, delivered: 150, read: 600 };

/** Has the sandbox report that each message it takes was sent, delivered and read, until it is disposed of. */
export function reportReceipts(whatsApp: WhatsAppSandbox, webhookUrl: string): Receipts {
  const statuses = new Map<string, WhatsAppStatus>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const report = async (message: WhatsAppMessage) => {
    for (const status of ['sent', 'delivered', 'read'] as const) {
      await setTimeout(PAUSES_MS[status], undefined, { signal });
      const [answer] = await whatsApp.report(webhookUrl, message, [status]);
      if (answer === 200) statuses.set(message.id, status);
    }
  };
  const reporting: Promise<void>[] = [];
  const look = async () => {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal })) {
      const news = whatsApp.accepted.slice(reporting.length);
      reporting.push(...news.map((message) => report(message).catch(() => undefined)));
    }
  };
  const looking = look().catch(() => undefined);
  return {
    statusOf: (messageId) => statuses.get(messageId),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking;
      await Promise.all(reporting);
    },
  };
}
