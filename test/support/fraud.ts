import { randomUUID } from 'node:crypto';
import type { Sql } from '../../src/platform/postgres.ts';
import { createDatabase } from './database.ts';

/** The night that tests score: the day before it is the 9th of June, which ended at six in the morning by UTC. */
export const night = new Date('2026-06-10T09:00:00Z');
export const dayEnd = new Date('2026-06-10T06:00:00Z');
export const hoursBefore = (hours: number) => new Date(dayEnd.getTime() - hours * 3_600_000);
export const daysBefore = (days: number) => hoursBefore(days * 24);

interface Review {
  readonly tenantId: string;
  readonly author: string;
  readonly at: Date;
}

/** An empty marketplace, and ways to put facts into it as they stand in its tables. */
export async function openMarket() {
  const { sql, url } = await createDatabase();
  return { sql, url, ...people(sql), ...doings(sql), ...sights(sql) };
}

function people(sql: Sql) {
  return {
    async tenant(ownerUserId: string = randomUUID()): Promise<{ readonly id: string; readonly owner: string; readonly listing: string }> {
      const [id, branch, listing] = [randomUUID(), randomUUID(), randomUUID()];
      await sql`
        insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
        values (${id}, ${ownerUserId}, 'Taller', 'MX', 'MXN', 'America/Mexico_City', ${daysBefore(300)})
      `;
      await sql`insert into branch values (${branch}, ${id}, 'roma', 'Calle 1', 19, -99, ${daysBefore(300)}, ${daysBefore(300)})`;
      await sql`insert into listing values (${listing}, ${id}, ${branch}, 'roma', 'x', 'locks', 'visible', ${daysBefore(300)})`;
      return { id, owner: ownerUserId, listing };
    },
    async attribute(tenantId: string, ambassador: string, { startsOn = '2026-02-01', endsOn = null, createdAt = daysBefore(100) }: {
      readonly startsOn?: string; readonly endsOn?: string | null; readonly createdAt?: Date;
    } = {}): Promise<string> {
      const id = randomUUID();
      await sql`
        insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
        select ${id}, ${tenantId}, ${ambassador}, plan_id, ${startsOn}, ${endsOn}, ${createdAt} from commission_plan limit 1
      `;
      return id;
    },
    async member(tenantId: string, userId: string, { joined = daysBefore(200), removed = null }: {
      readonly joined?: Date; readonly removed?: Date | null;
    } = {}): Promise<void> {
      await sql`
        insert into tenant_member (tenant_id, user_id, role, joined_at, removed_at)
        values (${tenantId}, ${userId}, 'member', ${joined}, ${removed})
      `;
    },
    /** A commission of an attribution, entered at a time. */
    async earn(attributionId: string, createdAt: Date): Promise<void> {
      const payment = randomUUID();
      await sql`
        insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
        select ${payment}, 'sandpay', ${randomUUID()}, tenant_id, 1000, 'MXN', 'captured', ${daysBefore(90)}, ${createdAt}
        from attribution where id = ${attributionId}
      `;
      await sql`
        insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on, created_at)
        select ${randomUUID()}, ${payment}, 'payment', tenant_id, ambassador_user_id, id, 100, 'MXN', starts_on, ${createdAt}
        from attribution where id = ${attributionId}
      `;
    },
    async phone(userId: string, phone: string): Promise<void> {
      await sql`
        insert into user_contact (user_id, name, email, locale, updated_at, phone)
        values (${userId}, 'Rosa Quintana', 'rosa@quintana.example', 'es', ${daysBefore(9)}, ${phone})
      `;
    },
  };
}

function doings(sql: Sql) {
  return {
    async pay(tenantId: string, instrument: string | null, at = daysBefore(3)): Promise<void> {
      await sql`
        insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, instrument_hash, captured_at, created_at)
        values (${randomUUID()}, 'sandpay', ${randomUUID()}, ${tenantId}, 100, 'MXN', ${instrument === null ? 'failed' : 'captured'},
                ${instrument}, ${instrument === null ? null : at}, ${at})
      `;
    },
    async dispute(tenantId: string, status: 'open' | 'won' | 'lost' = 'open'): Promise<void> {
      const charge = randomUUID();
      await sql`insert into performance_charge values (${charge}, ${tenantId}, 'qualified-lead', ${randomUUID()}, 100, 'MXN', ${daysBefore(4)})`;
      const resolved = status === 'open' ? null : daysBefore(1);
      await sql`
        insert into dispute (id, tenant_id, charge_id, amount_minor, currency, reason, status, opened_at, resolved_at, resolved_by)
        values (${randomUUID()}, ${tenantId}, ${charge}, 100, 'MXN', 'x', ${status}, ${daysBefore(2)}, ${resolved},
                ${resolved === null ? null : randomUUID()})
      `;
    },
    async review({ tenantId, author, at }: Review): Promise<void> {
      const ticket = randomUUID();
      await sql`insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at) values (${ticket}, ${tenantId}, ${author}, 'x', 'y', ${at})`;
      await sql`
        insert into review (id, ticket_id, tenant_id, author_user_id, rating, text, verified, created_at)
        values (${randomUUID()}, ${ticket}, ${tenantId}, ${author}, 5, 'x', true, ${at})
      `;
    },
    /** So many visits by one device from one address, an hour apart. */
    async visit(listing: string, { device, address, visits, kind = 'view', from = daysBefore(5) }: {
      readonly device: string; readonly address: string; readonly visits: number; readonly kind?: string; readonly from?: Date;
    }): Promise<void> {
      await sql`
        insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
        select ${listing}, ${kind}, ${device}, case n when 1 then '-infinity' else ${from}::timestamptz + (n - 1) * interval '1 hour' end,
               ${from}::timestamptz + n * interval '1 hour', ${address}
        from generate_series(1, ${visits}::integer) as n
      `;
    },
    /** So many WhatsApp clicks by as many customers at one moment. */
    async click(listing: string, clicks: number, at: Date, { charged = false } = {}): Promise<void> {
      await sql`
        insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
        select ${listing}, 'whatsapp-click', ${randomUUID()} || n, '-infinity', ${at}, ${randomUUID()} || n
        from generate_series(1, ${clicks}::integer) as n
      `;
      if (!charged) return;
      await sql`
        insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, listing_id, held_until)
        select gen_random_uuid(), tenant_id, 'whatsapp-click', gen_random_uuid(), 450, 'MXN', ${at}, id, ${at}::timestamptz + interval '2 days'
        from listing, generate_series(1, ${clicks}::integer)
        where id = ${listing}
      `;
    },
  };
}

interface Found {
  readonly subject: string;
  readonly subjectId: string;
  readonly score: number;
  readonly status: string;
}

function sights(sql: Sql) {
  return {
    scores: async () => {
      const rows = await sql<{ id: string; score: number; components: Record<string, { readonly value: number; readonly points: number }> }[]>`
        select subject_id as id, score, components from fraud_score order by subject_kind, subject_id
      `;
      return new Map(rows.map(({ id, ...rest }) => [id, rest]));
    },
    cases: () => sql<Found[]>`
      select subject_kind as subject, subject_id as "subjectId", score, status from fraud_case order by opened_at, subject_kind, subject_id
    `,
    /** Every row that the nights wrote, as text. */
    written: async () => JSON.stringify(await sql`
      select (select jsonb_agg(to_jsonb(x) order by x::text) from fraud_link x) as links,
             (select jsonb_agg(to_jsonb(x) order by x::text) from fraud_score x) as scores,
             (select jsonb_agg(to_jsonb(x) order by x::text) from fraud_case x) as cases,
             (select jsonb_agg(to_jsonb(x) order by x::text) from fraud_ring_member x) as members,
             (select jsonb_agg(to_jsonb(x) - 'published_at' - 'status' order by x.id) from outbox_event x) as events
    `),
    suspected: () => sql<{ subject: string; subjectId: string }[]>`
      select payload_json ->> 'subject' as subject, payload_json ->> 'subjectId' as "subjectId"
      from outbox_event where event_type = 'FraudSuspected' order by id
    `,
  };
}
