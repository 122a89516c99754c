import { randomUUID } from 'node:crypto';
import type { Sql } from '../../src/platform/postgres.ts';
import type { Delivered } from '../sandbox/payment-provider.ts';
import { until } from '../until.ts';
import { follow, type Stage } from './follow.ts';

const COMMIT_DEADLINE_MS = 5_000;

/** Does things on the stage, one at a time, and follows each until everything that it sets off has happened. */
export interface Actor {
  /** Posts to the API. */
  act(title: string, token: string, path: string, body: object): Promise<{ readonly id: string }>;
  /** Has the payment provider report, under this id. */
  pay(title: string, reportId: string, report: () => Promise<Delivered>): Promise<void>;
}

export function actor(stage: Stage): Actor {
  return Object.freeze({
    async act(title: string, token: string, path: string, body: object) {
      let answer = '';
      await follow(stage, {
        title: `${title}: POST ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')}`,
        async run() {
          const [status, text, traceId] = await post(stage, { token, path, body });
          answer = text;
          return { answered: `answered ${status}`, traceId };
        },
      });
      return JSON.parse(answer) as { readonly id: string };
    },
    pay: (title: string, reportId: string, report: () => Promise<Delivered>) =>
      follow(stage, {
        title: `${title}: POST /webhooks/payments/sandpay`,
        async run() {
          const { status } = await report();
          if (status !== 200) throw new Error(`the webhook was answered ${status}`);
          return { answered: `the provider was answered ${status}`, traceId: await traceOf(stage.sql, reportId) };
        },
      }),
  });
}

export interface Post {
  readonly token: string;
  readonly path: string;
  readonly body: object;
}

/** Posts under a key of its own. Returns the answer's status, body and trace. @throws {Error} for an answer that is not 2xx */
export async function post(
  { apiUrl }: Pick<Stage, 'apiUrl'>,
  { token, path, body }: Post,
): Promise<readonly [status: number, answer: string, traceId: string]> {
  const response = await fetch(`${apiUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID(),
    },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${answer}`);
  return [response.status, answer, response.headers.get('Trace-Id') ?? ''];
}

/** The trace of the event that a provider's report made. */
function traceOf(sql: Sql, reportId: string): Promise<string> {
  return until('the payment’s event is committed', async () => {
    const [row] = await sql<{ traceparent: string }[]>`
      select traceparent from outbox_event
      where ${reportId} in (payload_json ->> 'providerPaymentId', payload_json ->> 'providerRefundId')
    `;
    return row?.traceparent.split('-')[1];
  }, { deadlineMs: COMMIT_DEADLINE_MS });
}
