import { randomUUID } from 'node:crypto';
import { signWebhook } from '../../dev/sandbox/payment-provider.ts';
import { createApp } from '../../src/api/app.ts';
import type { Api } from '../../src/api/http/context.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { appDeps, verifiedTenant } from './app.ts';
import { createDatabase } from './database.ts';
import { webSecrets } from './tokens.ts';

export const WEBHOOK = '/webhooks/payments/sandpay';
const secret = webSecrets.PAYMENTS_WEBHOOK_SECRETS;

/** The plans that the migration brings: a tenth without a cap, and a fifth of at most 1,500.00 MXN. */
export const STANDARD_PLAN = '5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d01';
export const FOUNDERS_PLAN = '5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d02';

/** A report of a captured payment of 499.00 MXN, unless it says otherwise. */
export const captured = (tenantId: string, data: object = {}) =>
  ({ type: 'payment.captured', data: { paymentId: 'pay_1', tenantId, amountMinor: 49_900, currency: 'MXN', ...data } });
export const failed = (tenantId: string, data: object = {}) =>
  ({ type: 'payment.failed', data: { ...captured(tenantId).data, reason: 'no funds', ...data } });
export const refunded = (tenantId: string, data: object = {}) =>
  ({ type: 'payment.refunded', data: { ...captured(tenantId).data, refundId: 'ref_1', ...data } });

/** How a delivery differs from one that is in order; `undefined` leaves a header out. */
export interface Odd {
  readonly deliveryId?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly signature?: string | undefined;
  readonly contentType?: string;
}

/** The headers of a delivery in order, signed over these bytes. */
export function signed(body: string | Buffer, { deliveryId = `whd_${randomUUID()}`, timestamp = unixSeconds() }: Odd = {}) {
  return { deliveryId, timestamp, signature: signWebhook(secret, { deliveryId, timestamp, body }) };
}

/** Unix seconds, so many from now. */
export const unixSeconds = (offset = 0) => String(Math.floor(Date.now() / 1_000) + offset);

/** Delivers a report as the provider does. */
export async function deliver(app: Api, report: unknown, odd: Odd = {}): Promise<Response> {
  const body = typeof report === 'string' || Buffer.isBuffer(report) ? report : JSON.stringify(report);
  const said = { ...signed(body, odd), ...odd };
  const headers = new Headers({ 'Content-Type': odd.contentType ?? 'application/json' });
  if (said.deliveryId !== undefined) headers.set('Webhook-Id', said.deliveryId);
  if (said.timestamp !== undefined) headers.set('Webhook-Timestamp', said.timestamp);
  if (said.signature !== undefined) headers.set('Webhook-Signature', said.signature);
  return app.request(WEBHOOK, { method: 'POST', headers, body: Buffer.from(body) });
}

/** The types of the events there are, but those of founding tenants; oldest first. */
export async function moneyEvents(sql: Sql): Promise<string[]> {
  const rows = await sql<{ type: string }[]>`
    select event_type as type from outbox_event where event_type not in ('TenantCreated', 'TenantVerified') order by id
  `;
  return rows.map(({ type }) => type);
}

/** How many sessions of the database wait for another's lock. */
export async function lockWaits(sql: Sql): Promise<number> {
  const [row] = await sql<{ waits: number }[]>`
    select count(*)::integer as waits from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
  `;
  return row?.waits ?? 0;
}

/** A tenant whose payments are reported to an app over the calling test's own database. */
export async function openPaying() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId } = await verifiedTenant(app);
  const payments = () => sql`select status, amount_minor as minor from payment order by id`;
  return { sql, app, tenantId, payments };
}
