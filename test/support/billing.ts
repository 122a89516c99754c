import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Sql } from '../../src/platform/postgres.ts';
import { createDatabase } from './database.ts';

/** 5 in the morning of a month's first day in Mexico City, which bills the month before. */
export const slotOf = (month: string) => new Date(`${month}-01T11:00:00Z`);

interface TenantFacts {
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly timeZone: string;
}

interface SubscriptionFacts {
  readonly plan: string;
  readonly period: string;
  readonly minor: number;
  readonly currency: string;
  readonly startsOn: string;
  readonly endedOn: string | null;
}

interface ChargeFacts {
  readonly kind: string;
  readonly minor: number;
  readonly currency: string;
}

/** Facts that are billed, straight into a database; what is not said is a Mexican tenant's. */
export function billingFacts(sql: Sql) {
  return {
    async tenant(facts: Partial<TenantFacts> = {}): Promise<string> {
      const { name = 'Taller Ruiz', country = 'MX', currency = 'MXN', timeZone = 'America/Mexico_City' } = facts;
      const id = uuidv7();
      await sql`
        insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
        values (${id}, ${randomUUID()}, ${name}, ${country}, ${currency}, ${timeZone}, '2026-01-01')
      `;
      return id;
    },
    async subscription(tenantId: string, facts: Partial<SubscriptionFacts> = {}): Promise<string> {
      const { plan = 'basic', period = 'monthly', minor = 49_900, currency = 'MXN', startsOn = '2026-03-10', endedOn = null } = facts;
      const id = uuidv7();
      await sql`
        insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, ended_on, created_at)
        values (${id}, ${tenantId}, ${plan}, ${period}, ${minor}, ${currency}, ${startsOn}, ${endedOn}, '2026-01-01')
      `;
      return id;
    },
    async charge(tenantId: string, at: string, facts: Partial<ChargeFacts> = {}): Promise<string> {
      const { kind = 'qualified-lead', minor = 6_000, currency = 'MXN' } = facts;
      const id = uuidv7();
      await sql`
        insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at)
        values (${id}, ${tenantId}, ${kind}, ${randomUUID()}, ${minor}, ${currency}, ${at})
      `;
      return id;
    },
    async payment(tenantId: string, at: string, minor: number, currency = 'MXN'): Promise<string> {
      const id = uuidv7();
      await sql`
        insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
        values (${id}, 'sandpay', ${id}, ${tenantId}, ${minor}, ${currency}, 'captured', ${at}, ${at})
      `;
      return id;
    },
    async refund(paymentId: string, at: string, minor: number): Promise<void> {
      const id = uuidv7();
      await sql`
        insert into refund (id, payment_id, provider_refund_id, amount_minor, refunded_at)
        values (${id}, ${paymentId}, ${id}, ${minor}, ${at})
      `;
    },
    /** A dispute of a charge or a payment over its whole amount, decided then. */
    async dispute(about: { readonly chargeId?: string; readonly paymentId?: string }, at: string, status: 'won' | 'lost' = 'lost') {
      const { chargeId = null, paymentId = null } = about;
      const id = uuidv7();
      await sql`
        insert into dispute (
          id, tenant_id, charge_id, payment_id, amount_minor, currency, reason, status, opened_at, resolved_at, resolved_by
        )
        select ${id}, tenant_id, ${chargeId}::uuid, ${paymentId}::uuid, amount_minor, currency, 'not ours', ${status}, ${at},
               ${at}, ${randomUUID()}
        from (
          select id, tenant_id, amount_minor, currency from performance_charge
          union all
          select id, tenant_id, amount_minor, currency from payment
        ) contested
        where id = ${chargeId ?? paymentId}
      `;
      return id;
    },
  };
}

/** Every byte of the invoices, their numbers and what they mark. */
export async function everyInvoice(sql: Sql): Promise<string> {
  const [row] = await sql`
    select (select json_agg(invoice order by id) from invoice)                                      as invoices,
           (select json_agg(line order by invoice_id, position) from invoice_line line)             as lines,
           (select json_agg(series order by series) from invoice_series series)                     as series,
           (select json_agg(charge order by id) from performance_charge charge)                     as charges,
           (select json_agg(payload_json order by id) from outbox_event where event_type = 'InvoiceIssued') as events
  `;
  return JSON.stringify(row);
}

/** A database, and facts that can be put into it. */
export async function openBilling() {
  const { sql, url } = await createDatabase();
  return { sql, url, ...billingFacts(sql) };
}
