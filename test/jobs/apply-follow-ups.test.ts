import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leadStep, reminderStep } from '../../src/domain/service/follow-ups.ts';
import { applyFollowUps } from '../../src/jobs/apply-follow-ups.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';

const HOUR_MS = 3_600_000;
const slot = new Date('2026-06-10T12:00:00Z');
const hours = (count: number) => new Date(slot.getTime() + count * HOUR_MS);

async function world() {
  const { sql } = await createDatabase();
  const tenantId = randomUUID();
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    values (${tenantId}, ${randomUUID()}, 'Taller', 'MX', 'MXN', 'America/Mexico_City', now())
  `;
  return {
    sql, tenantId,
    follow: (scheduledFor = slot) => runSlot(sql, applyFollowUps, { ports: {}, scheduledFor }),
    events: async () => {
      const rows = await sql<{ type: string; step: string | null }[]>`
        select event_type as type, payload_json ->> 'step' as step from outbox_event order by id
      `;
      return rows.map(({ type, step }) => (step === null ? type : `${type} ${step}`));
    },
  };
}

async function lead(sql: Sql, tenantId: string, createdAt: Date): Promise<string> {
  const id = randomUUID();
  await sql`
    insert into lead (id, tenant_id, source, contact_name, contact_email, created_by, created_at)
    values (${id}, ${tenantId}, 'form', 'Ana', 'ana@example.com', ${randomUUID()}, ${createdAt})
  `;
  return id;
}

interface Times {
  readonly startsAt: Date;
  readonly agreedAt: Date;
  readonly movedAt?: Date;
}

async function visit(sql: Sql, tenantId: string, { startsAt, agreedAt, movedAt }: Times): Promise<string> {
  const [id, ticketId] = [randomUUID(), randomUUID()];
  await sql`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
    values (${ticketId}, ${tenantId}, ${randomUUID()}, 'x', 'y', ${agreedAt})
  `;
  await sql`
    insert into appointment (id, ticket_id, starts_at, status, scheduled_at, moved_at)
    values (${id}, ${ticketId}, ${startsAt}, 'scheduled', ${agreedAt}, ${movedAt ?? null})
  `;
  return id;
}

test('a lead is told of at each step once, until its first answer', async () => {
  const { sql, tenantId, follow, events } = await world();
  const id = await lead(sql, tenantId, hours(-1));
  await follow();
  await follow();
  expect(await events()).toEqual(['LeadLeftUnanswered 1']);
  await follow(hours(23));
  expect(await events()).toEqual(['LeadLeftUnanswered 1', 'LeadLeftUnanswered 2']);
  await sql`update lead set status = 'contacted', first_response_at = now() where id = ${id}`;
  await follow(hours(200));
  expect(await events()).toHaveLength(2);
});

test('of steps that nobody noticed only the last is told', async () => {
  const { sql, tenantId, follow, events } = await world();
  await lead(sql, tenantId, hours(-80));
  await visit(sql, tenantId, { startsAt: hours(1), agreedAt: hours(-100) });
  await follow();
  expect(await events()).toEqual(['LeadLeftUnanswered 3', 'AppointmentApproached']);
});

test('a visit is reminded of at each step once, never after it began or was called off, and again when it moved', async () => {
  const { sql, tenantId, follow, events } = await world();
  const id = await visit(sql, tenantId, { startsAt: hours(24), agreedAt: hours(-1) });
  const cancelled = await visit(sql, tenantId, { startsAt: hours(24), agreedAt: hours(-1) });
  await sql`update appointment set status = 'cancelled', cancelled_at = now(), reason = 'x' where id = ${cancelled}`;
  await follow();
  await follow();
  expect(await events()).toHaveLength(1);
  await sql`update appointment set starts_at = ${hours(30)} where id = ${id}`;
  await follow(hours(6));
  expect(await events()).toHaveLength(2);
  await follow(hours(28));
  expect(await events()).toHaveLength(3);
  await follow(hours(30));
  expect(await events()).toHaveLength(3);
});

test.for([
  ['90 minutes ahead: none', 1.5, 0], ['23 hours ahead: not the first', 23, 0], ['30 hours ahead: none yet', 30, 0],
] as const)('of a visit that was just moved to %s', async ([, ahead, reminders]) => {
  const { sql, tenantId, follow, events } = await world();
  await visit(sql, tenantId, { startsAt: hours(ahead), agreedAt: hours(-100), movedAt: hours(-0.01) });
  await follow();
  expect(await events()).toHaveLength(reminders);
  await follow(hours(ahead - 1.9));
  await follow(hours(ahead - 0.1));
  expect(await events()).toHaveLength(ahead > 2 ? 1 : 0);
});

test('two at once tell each step once', async () => {
  const { sql, tenantId, follow, events } = await world();
  for (let count = 0; count < 20; count += 1) await lead(sql, tenantId, hours(-2));
  await Promise.all([follow(), follow(hours(0.1)), follow(hours(0.2))]);
  expect(await events()).toHaveLength(20);
});

test('the SQL says what the rule says, on any times', async () => {
  const { sql, tenantId, follow } = await world();
  const offsets = fc.sample(fc.integer({ min: -100, max: 100 }), { numRuns: 120, seed: 7 });
  const leads = new Map<string, Date>();
  const visits = new Map<string, { readonly startsAt: Date; readonly agreedAt: Date }>();
  for (const [index, offset] of offsets.entries()) {
    if (offset < 0) leads.set(await lead(sql, tenantId, hours(offset)), hours(offset));
    const [startsAt, agreedAt] = [hours(offset / 3), hours(offset / 3 - Math.abs(offsets[index - 1] ?? 1))];
    const isMoved = index % 2 === 0;
    const times = isMoved ? { startsAt, agreedAt: hours(-200), movedAt: agreedAt } : { startsAt, agreedAt };
    visits.set(await visit(sql, tenantId, times), { startsAt, agreedAt });
  }
  await follow();
  const steps = async (table: string, key: string) =>
    new Map((await sql.unsafe(`select ${key} as id, step from ${table}`)).map(({ id, step }) => [String(id), Number(step)]));
  const [followed, reminded] = [await steps('lead_follow_up', 'lead_id'), await steps('appointment_reminder', 'appointment_id')];
  for (const [id, since] of leads) expect(followed.get(id) ?? 0).toBe(leadStep(since, slot));
  for (const [id, times] of visits) expect(reminded.get(id) ?? 0).toBe(reminderStep(times, slot));
  expect(followed.size * reminded.size).toBeGreaterThan(0);
});
