import { createHmac, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** What every report of the provider says. */
export interface Reported {
  readonly tenantId: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** A new one unless given. */
  readonly paymentId?: string;
  readonly subscriptionId?: string;
  /** ISO 8601; now unless given. */
  readonly occurredAt?: string;
}

/** How a delivery ended: the status of the last answer, 0 where there was none. */
export interface Delivered {
  readonly deliveryId: string;
  readonly paymentId: string;
  readonly status: number;
  readonly attempts: number;
}

/** A pretended payment provider, `sandpay`, that collects nothing and reports what it is told to. */
export interface PaymentProvider extends AsyncDisposable {
  capture(payment: Reported & { readonly instrument?: string }): Promise<Delivered>;
  fail(payment: Reported & { readonly reason: string }): Promise<Delivered>;
  refund(refund: Reported & { readonly paymentId: string; readonly refundId?: string }): Promise<Delivered>;
  /** Sends a delivery of before once more, the same bytes under the same id. */
  redeliver(deliveryId: string): Promise<Delivered>;
  /** Gives up what is still being tried. */
  stop(): Promise<void>;
}

export interface PaymentProviderOptions {
  /** `http://…/webhooks/payments/sandpay` */
  readonly webhookUrl: string;
  readonly secret: string;
  /** Gets each attempt as a JSON line, on the disk before it is made, and each answer. */
  readonly logFile?: string;
  readonly maxAttempts?: number;
  readonly firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 5_000;
const ANSWER_WITHIN_MS = 15_000;

export interface Signable {
  readonly deliveryId: string;
  /** Unix seconds. */
  readonly timestamp: string;
  readonly body: string | Buffer;
}

/** Signs a body as the provider documents; `Webhook-Signature` takes several, with commas between. */
export function signWebhook(secret: string, { deliveryId, timestamp, body }: Signable): string {
  return `v1=${createHmac('sha256', secret).update(`${deliveryId}.${timestamp}.`).update(body).digest('hex')}`;
}

/** Starts the provider. A report is sent again, with growing pauses, until it is answered with 2xx. */
export async function startPaymentProvider(options: PaymentProviderOptions): Promise<PaymentProvider> {
  const log = options.logFile === undefined ? undefined : await open(options.logFile, 'a');
  const stopping = new AbortController();
  const delivering = new Set<Promise<Delivered>>();
  const sent = new Map<string, Sent>();
  const write = async (line: object) => {
    await log?.appendFile(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
    await log?.sync();
  };
  const send = (report: Sent) => {
    const delivery = deliver(report, { ...options, write, signal: stopping.signal });
    delivering.add(delivery);
    return delivery.finally(() => delivering.delete(delivery));
  };
  const report = (type: string, reported: Reported) => {
    const made = toDelivery(type, reported);
    sent.set(made.deliveryId, made);
    return send(made);
  };
  const stop = async () => {
    stopping.abort();
    await Promise.allSettled(delivering);
    await log?.close();
  };
  return {
    capture: (payment) => report('payment.captured', payment),
    fail: (payment) => report('payment.failed', payment),
    refund: ({ refundId = `ref_${randomUUID()}`, ...refund }) => {
      const withId: Reported & { readonly refundId: string } = { ...refund, refundId };
      return report('payment.refunded', withId);
    },
    async redeliver(deliveryId) {
      const before = sent.get(deliveryId);
      if (before === undefined) throw new Error(`no delivery ${deliveryId} was sent`);
      return send(before);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Sent {
  readonly deliveryId: string;
  readonly paymentId: string;
  readonly body: string;
}

function toDelivery(type: string, { occurredAt = new Date().toISOString(), ...reported }: Reported): Sent {
  const { paymentId = `pay_${randomUUID()}` } = reported;
  const body = JSON.stringify({ type, data: { ...reported, paymentId, occurredAt } });
  return { deliveryId: `whd_${randomUUID()}`, paymentId, body };
}

interface Delivering extends PaymentProviderOptions {
  /** Resolves once the line is on the disk. */
  write(line: object): Promise<void>;
  /** Gives the delivery up. */
  readonly signal: AbortSignal;
}

async function deliver({ deliveryId, paymentId, body }: Sent, options: Delivering): Promise<Delivered> {
  const { write, signal, maxAttempts = 12, firstPauseMs = 100 } = options;
  for (let attempts = 1; ; attempts += 1) {
    await write({ deliveryId, attempts, body });
    const status = await attempt({ deliveryId, body }, options);
    await write({ deliveryId, attempts, status });
    const isAccepted = status >= 200 && status < 300;
    if (isAccepted || attempts >= maxAttempts || signal.aborted) return { deliveryId, paymentId, status, attempts };
    const pauseMs = Math.min(firstPauseMs * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
    await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends once, signed now; the answer's status, or 0 where none came. */
async function attempt(
  { deliveryId, body }: Omit<Sent, 'paymentId'>,
  { webhookUrl, secret, signal }: Delivering,
): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const headers = {
    'Content-Type': 'application/json', 'Webhook-Id': deliveryId, 'Webhook-Timestamp': timestamp,
    'Webhook-Signature': signWebhook(secret, { deliveryId, timestamp, body }),
  };
  const givenUp = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  try {
    const answer = await fetch(webhookUrl, { method: 'POST', headers, body, signal: givenUp });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}
