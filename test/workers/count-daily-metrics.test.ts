import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { countDailyMetrics } from '../../src/workers/count-daily-metrics.ts';
import { openNotifying } from '../support/notifying.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

function ticketAt(tenantId: string | undefined, time: string) {
  const ids = { ticketId: randomUUID(), customerUserId: randomUUID(), tenantOwnerUserId: randomUUID() };
  const payload = { ...ids, tenantName: 'Taller Norte', subject: 'Agua' };
  return ticketCreated({ tenantId, occurredAt: new Date(time), payload });
}

/** The consumer alone, and the figures it has made. */
async function open() {
  const world = await openNotifying([countDailyMetrics]);
  const figures = () => world.sql<{ tenant: string; day: string; metric: string; value: number }[]>`
    select tenant_id as tenant, day::text, metric, value::integer from daily_metric order by day, metric, value
  `;
  return { ...world, figures };
}

test('a day is the tenant’s: midnight is where its business is', async () => {
  const world = await open();
  const mexico = await world.tenant({ timeZone: 'America/Mexico_City' });
  const madrid = await world.tenant({ timeZone: 'Europe/Madrid' });
  // Around midnight in Mexico (UTC−6), then in Madrid (UTC+2 in summer), in no order.
  await world.commit(
    ticketAt(mexico.id, '2026-03-02T06:00:00.000Z'),
    ticketAt(mexico.id, '2026-03-02T05:59:59.999Z'),
    ticketAt(mexico.id, '2026-03-01T06:00:00.000Z'),
    ticketAt(madrid.id, '2026-07-01T22:00:00.000Z'),
    ticketAt(madrid.id, '2026-07-01T21:59:59.999Z'),
  );
  world.start();
  await world.settle();
  const metric = 'tickets_created';
  expect(await world.figures()).toEqual([
    { tenant: mexico.id, day: '2026-03-01', metric, value: 2 },
    { tenant: mexico.id, day: '2026-03-02', metric, value: 1 },
    { tenant: madrid.id, day: '2026-07-01', metric, value: 1 },
    { tenant: madrid.id, day: '2026-07-02', metric, value: 1 },
  ]);
});

test('batches in any order add up to the same figures', async () => {
  const world = await open();
  const { id } = await world.tenant({ timeZone: 'America/Mexico_City' });
  const days = ['2026-03-01', '2026-03-02', '2026-03-03'];
  const tickets = Array.from({ length: 60 }, (_, index) => ticketAt(id, `${days[(index * 7) % 3]}T12:00:00Z`));
  world.start();
  for (const part of [tickets.slice(0, 1), tickets.slice(1, 41), tickets.slice(41)]) {
    await world.commit(...part);
    await world.settle();
  }
  const metric = 'tickets_created';
  expect(await world.figures()).toEqual(days.map((day) => ({ tenant: id, day, metric, value: 20 })));
});

test('each kind of event has its own figure, and what belongs to no tenant has none', async () => {
  const world = await open();
  const { id } = await world.tenant({ timeZone: 'Europe/Madrid' });
  const joined = { ...tenantJoined(), tenantId: id, occurredAt: new Date('2026-03-01T12:00:00Z') };
  await world.commit(joined, ticketAt(id, '2026-03-01T12:00:00Z'), ticketAt(undefined, '2026-03-01T12:00:00Z'));
  world.start();
  await world.settle();
  expect(await world.figures()).toEqual([
    { tenant: id, day: '2026-03-01', metric: 'tenants_created', value: 1 },
    { tenant: id, day: '2026-03-01', metric: 'tickets_created', value: 1 },
  ]);
});
