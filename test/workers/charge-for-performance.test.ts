import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { leadStatusChanged } from '../../src/events/lead-status-changed.ts';
import { ticketClosed } from '../../src/events/ticket-closed.ts';
import { whatsAppClicked } from '../../src/events/whatsapp-clicked.ts';
import { chargeForPerformance } from '../../src/workers/charge-for-performance.ts';
import { openNotifying } from '../support/notifying.ts';
import { replayAll } from '../support/replayed.ts';

const occurredAt = new Date('2026-03-01T12:00:00Z');
const lead = (tenantId: string, to: 'qualified' | 'won', leadId: string = randomUUID()) =>
  leadStatusChanged({
    tenantId, occurredAt, payload: { leadId, tenantId, from: 'contacted', to, firstResponseSeconds: null },
  });
const ticket = (tenantId: string, outcome: 'completed' | 'cancelled', ticketId: string = randomUUID()) =>
  ticketClosed({
    tenantId, occurredAt,
    payload: { ticketId, customerUserId: randomUUID(),
    assigneeUserId: null, outcome, openedAt: occurredAt.toISOString() },
  });
const click = (tenantId: string) =>
  whatsAppClicked({
    tenantId, occurredAt, payload: { listingId: randomUUID(), tenantId, zone: 'roma', visitorHash: 'v', ipHash: 'i' },
  });

async function open() {
  const world = await openNotifying([chargeForPerformance]);
  const { id } = await world.tenant();
  return { ...world, id };
}

test('each result is charged at the list’s price, with its event; what is no result is not', async () => {
  const { sql, id, commit, start, settle } = await open();
  const sources = [randomUUID(), randomUUID()] as const;
  const [, , clicked] = await commit(
    lead(id, 'qualified', sources[0]), ticket(id, 'completed', sources[1]), click(id), lead(id, 'won'),
    ticket(id, 'cancelled'),
  );
  start();
  await settle();
  const charges = await sql`
    select kind, source_id as source, amount_minor::integer as minor, currency from performance_charge order by kind
  `;
  expect(charges).toEqual([
    { kind: 'closed-ticket', source: sources[1], minor: 12_000, currency: 'MXN' },
    { kind: 'qualified-lead', source: sources[0], minor: 6_000, currency: 'MXN' },
    { kind: 'whatsapp-click', source: clicked, minor: 450, currency: 'MXN' },
  ]);
  const told = await sql`
    select payload_json ->> 'kind' as kind, payload_json ->> 'chargeId' = charge.id::text as same,
           causation_id is not null as caused
    from outbox_event join performance_charge charge on charge.kind = payload_json ->> 'kind'
    where event_type = 'PerformanceChargeCreated' order by 1
  `;
  const kinds = ['closed-ticket', 'qualified-lead', 'whatsapp-click'];
  expect(told).toEqual(kinds.map((kind) => ({ kind, same: true, caused: true })));
});

test('a lead that is qualified twice, and events delivered again and again, are charged once', async () => {
  const world = await open();
  const { sql, id } = world;
  const leadId = randomUUID();
  const eventIds = await world.commit(lead(id, 'qualified', leadId), lead(id, 'qualified', leadId), click(id));
  for (let copy = 0; copy < 20; copy += 1) await world.deliverAgain('charge-for-performance', eventIds);
  world.start();
  await world.settle();
  await world.queuesEmpty();
  expect(await sql`select kind from performance_charge order by kind`).toEqual([
    { kind: 'qualified-lead' }, { kind: 'whatsapp-click' },
  ]);
  expect(await sql`select from outbox_event where event_type = 'PerformanceChargeCreated'`).toHaveLength(2);
  expect(await world.deadLetters()).toEqual([]);
});

test('where the list has no price in the tenant’s currency a result is free', async () => {
  const { sql, id, commit, start, settle, deadLetters } = await open();
  await sql`update tenant set currency = 'JPY' where id = ${id}`;
  await commit(click(id), lead(id, 'qualified'));
  start();
  await settle();
  expect(await sql`select from performance_charge`).toEqual([]);
  expect(await deadLetters()).toEqual([]);
});

test('a replay of what was consumed changes nothing, and one of what was not does it once', async () => {
  const { sql, ports, id, commit, start, settle } = await open();
  const charges = async () => (await sql`select id from performance_charge order by id`).map((charge) => String(charge['id']));
  await commit(lead(id, 'qualified'), click(id));
  start();
  await settle();
  const before = await charges();
  expect(before).toHaveLength(2);
  expect(await replayAll(sql, chargeForPerformance, ports)).toEqual([]);
  expect(await charges()).toEqual(before);
  await sql`delete from consumed_event`;
  await sql`delete from performance_charge`;
  expect(await replayAll(sql, chargeForPerformance, ports)).toEqual(['PerformanceChargeCreated', 'PerformanceChargeCreated']);
  expect(await charges()).toHaveLength(2);
});
