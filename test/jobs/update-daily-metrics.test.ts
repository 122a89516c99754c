import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { readRecords, toStored } from '../../dev/contracts/versions.ts';
import { countedTypes } from '../../src/domain/analytics/daily-figures.ts';
import type { Tenant } from '../../src/domain/tenants/tenant.ts';
import { openTicket } from '../../src/domain/service/ticket.ts';
import { leadStatusChanged } from '../../src/events/lead-status-changed.ts';
import { updateDailyMetrics } from '../../src/jobs/update-daily-metrics.ts';
import { periodOf, previousSlot } from '../../src/kernel/jobs/schedule.ts';
import { append } from '../../src/outbox/append.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { correctFigures } from '../../src/store/analytics/daily-metric-differences.ts';
import { eventFacts, factSources } from '../../src/store/analytics/daily-metric-facts.ts';
import { makePending } from '../../src/outbox/retry-failed.ts';
import { insertTicket } from '../../src/store/service/tickets.ts';
import { countDailyMetrics } from '../../src/workers/count-daily-metrics.ts';
import { runSlot } from '../support/jobs.ts';
import { openNotifying } from '../support/notifying.ts';
import { die, fail } from '../support/outbox-rows.ts';
import { race } from '../support/race.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MEXICO = 'America/Mexico_City';
const slot = previousSlot(updateDailyMetrics.schedule, new Date());
/** Noon of the day that ended before the slot, and of others before it. */
const noon = (daysEarlier = 0) =>
  DateTime.fromJSDate(slot, { zone: MEXICO }).startOf('day').minus({ days: 1 + daysEarlier }).plus({ hours: 12 }).toJSDate();
const dayOf = (at: Date) => DateTime.fromJSDate(at, { zone: MEXICO }).toISODate();
const metric = 'tickets_created';

/** The consumer, not yet started, and the night's job. */
async function open() {
  const world = await openNotifying([countDailyMetrics]);
  const { sql } = world;
  await sql`update subscription set subscribed_at = now() - interval '60 days'`;
  await sql`update consumer set verified_id = '00000000-0000-0000-0000-000000000000'`;
  const tenant = await world.tenant({ timeZone: MEXICO });
  return {
    ...world, tenant, tenantIn: (timeZone: string) => world.tenant({ timeZone }),
    run: (scheduledFor = slot) => runSlot(sql, updateDailyMetrics, { ports: {}, scheduledFor }),
    /** A customer's ticket: its row and its event, committed at that time unless it says another; the event's id. */
    ticket: (at: Date, of: Tenant = tenant, committedAt = at) => transaction(sql, async (tx) => {
      const opened = { id: uuidv7(), customerUserId: randomUUID(), tenant: of, subject: 'x', description: 'x' };
      const { ticket, events: [event] } = openTicket(opened, at);
      await insertTicket(tx, ticket);
      if (event === undefined) throw new Error('a ticket without an event');
      const [appended = ''] = await append(tx, { event, origin: {} });
      const id = uuidv7({ msecs: committedAt.getTime() });
      await tx`update outbox_event set id = ${id}, created_at = ${committedAt} where id = ${appended}`;
      await tx`update pending_event set id = ${id} where id = ${appended}`;
      return id;
    }),
    figures: () => sql<{ day: string; metric: string; value: number }[]>`
      select day::text, metric, value::integer from daily_metric order by day, metric
    `,
    differences: () => sql<{ day: string; metric: string; kept: number; found: number }[]>`
      select day::text, metric, kept::integer, found::integer from daily_metric_difference order by day, metric, slot
    `,
    /** Counts as the consumer does. */
    async count() {
      world.start();
      await world.settle();
      await world.stop();
    },
  };
}

test('figures that are what the facts say are left alone', async () => {
  const { run, ticket, count, figures, differences } = await open();
  for (const earlier of [0, 0, 1]) await ticket(noon(earlier));
  await count();
  const before = await figures();
  expect(before.map(({ value }) => value)).toEqual([1, 2]);
  expect(await run()).toMatchObject({ outcome: 'caught-up' });
  expect([await figures(), await differences()]).toEqual([before, []]);
});

test('a figure that is off is corrected and put on record, once, however often and by however many', async () => {
  const { sql, run, ticket, count, figures, differences } = await open();
  for (const earlier of [0, 0, 1]) await ticket(noon(earlier));
  await count();
  const right = await figures();
  await sql`update daily_metric set value = value + 5`;
  await sql`insert into daily_metric select tenant_id, day, 'reviews_created', 3 from daily_metric`;
  await Promise.all([run(), run()]);
  for (let again = 0; again < 3; again += 1) await run();
  const day = dayOf(noon());
  expect(await differences()).toEqual([
    { day, metric: 'reviews_created', kept: 3, found: 0 },
    { day, metric, kept: 7, found: 2 },
  ]);
  // The day before had ended before the period, and nothing came late for it.
  expect((await figures()).filter((figure) => figure.day === day && figure.value > 0)).toEqual(right.slice(1));
  expect((await figures()).find((figure) => figure.day !== day && figure.metric === metric)?.value).toBe(6);
});

test('an event that is committed and not yet consumed is not counted twice when it is', async () => {
  const { run, ticket, count, figures, differences } = await open();
  await ticket(noon());
  await count();
  for (let more = 0; more < 3; more += 1) await ticket(noon());
  await run();
  expect([(await figures()).map(({ value }) => value), await differences()]).toEqual([[1], []]);
  await count();
  await run();
  expect([(await figures()).map(({ value }) => value), await differences()]).toEqual([[4], []]);
});

test('a figure that is off is set right while an event of the same day is being consumed', async () => {
  const { sql, run, ticket, count, tenant, figures, differences } = await open();
  for (let made = 0; made < 2; made += 1) await ticket(noon());
  await count();
  const last = await ticket(noon());
  await sql`update daily_metric set value = 7`;
  await race(sql, {
    racers: 1,
    async hold(tx) {
      await tx`insert into consumed_event (consumer_name, event_id) values (${countDailyMetrics.name}, ${last})`;
      await tx`update daily_metric set value = value + 1 where tenant_id = ${tenant.id}`;
    },
  }, () => run());
  expect([(await figures()).map(({ value }) => value), await differences()]).toMatchObject([[3], [{ kept: 7, found: 2 }]]);
});

test.for(['dead', 'failed'] as const)('an event that is %s is an operator’s to decide, and counted when it is brought back', async (how) => {
  const { sql, run, ticket, count, figures, differences } = await open();
  const id = await ticket(noon());
  if (how === 'failed') await fail(sql, id);
  else await die(sql, countDailyMetrics.name, id);
  await sql`update consumer set verified_id = ${uuidv7()}`;
  await run();
  expect([await figures(), await differences()]).toEqual([[], []]);
  if (how === 'failed') await transaction(sql, (tx) => makePending(tx, [id]));
  await sql`delete from dead_letter`;
  await count();
  await run();
  expect([(await figures()).map(({ value }) => value), await differences()]).toEqual([[1], []]);
});

test('a fact whose event is given up, or never was, is counted all the same', async () => {
  const { sql, run, ticket, figures, differences } = await open();
  const [discarded, gone] = [await ticket(noon()), await ticket(noon())];
  await sql`
    insert into dead_letter (
      consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at, resolution, resolved_at
    )
    values (${countDailyMetrics.name}, ${discarded}, 1, 'x', 'x', now(), now(), 'discarded', now())
  `;
  await sql`delete from outbox_event where id = ${gone}`;
  await run();
  expect((await figures()).map(({ value }) => value)).toEqual([2]);
  expect(await differences()).toMatchObject([{ kept: 0, found: 2 }]);
});

test('a day that something came late for is looked at again, and only then', async () => {
  const { sql, run, ticket, count, figures, differences } = await open();
  for (const earlier of [2, 3, 40]) await ticket(noon(earlier));
  await ticket(noon(2), undefined, new Date(slot.getTime() - HOUR_MS));
  await ticket(noon(40), undefined, new Date(slot.getTime() - HOUR_MS));
  await count();
  await sql`update daily_metric set value = value + 10`;
  await run();
  expect(await differences()).toMatchObject([{ day: dayOf(noon(2)), kept: 12, found: 2 }]);
  expect((await figures()).map(({ value }) => value)).toEqual([12, 11, 2]);
});

test('figures whose history is in the events alone are made of the events', async () => {
  const { sql, run, tenant, commit, count, figures, differences } = await open();
  const step = { leadId: randomUUID(), tenantId: tenant.id, from: 'new', to: 'contacted', firstResponseSeconds: 5 } as const;
  const stepped = leadStatusChanged({ tenantId: tenant.id, occurredAt: noon(), payload: step });
  await commit(stepped, stepped);
  await count();
  await commit(stepped);
  await sql`update daily_metric set value = 9`;
  await run();
  expect(await differences()).toEqual([{ day: dayOf(noon()), metric: 'lead_steps', kept: 9, found: 2 }]);
  await count();
  await run();
  expect([(await figures()).map(({ value }) => value), await differences()]).toMatchObject([[3], [{}]]);
});

test('every event type that is counted has its figure here, and every figure its amounts', async () => {
  const { sql, tenant, count, run } = await open();
  expect([...countedTypes].toSorted()).toEqual(countDailyMetrics.on.map(({ type }) => type).toSorted());
  const recorded = new Map(readRecords('contracts').map(({ type, corpus: [event] }) => [type, event]));
  const events = countedTypes.map((type) => {
    const event = recorded.get(type);
    if (event === undefined) throw new Error(`no ${type} is on record`);
    return { ...toStored(event), tenantId: tenant.id, occurredAt: noon() };
  });
  await transaction(sql, (tx) => append(tx, ...events.map((event) => ({ event, origin: {} }))));
  await count();
  const sum = (rows: string) => sql.unsafe(`
    select metric, sum(value)::integer as value from (${rows}) as row (metric, value) group by 1 order by 1
  `);
  const facts = eventFacts(countedTypes, 'outbox_event');
  const counted = await sum('select metric, value from daily_metric');
  expect(counted).toEqual(await sum(`
    select figure, 1 from (${facts}) as one union all
    select figure || '_minor_' || lower(currency), minor from (${facts}) as amount where minor is not null
  `));
  expect(counted).toHaveLength(countedTypes.length + 4);
  await run(); // of all these only the events themselves are facts
  const left = await sql<{ metric: string }[]>`select metric from daily_metric where value > 0 order by 1`;
  const ofEvents = factSources.find(({ isEvents }) => isEvents)?.figures ?? [];
  expect(left.map(({ metric: name }) => name).filter((name) => !/_minor_/.test(name))).toEqual(ofEvents.toSorted());
});

const ZONES = [
  MEXICO, 'Europe/Madrid', 'America/New_York', 'Pacific/Auckland', 'Australia/Lord_Howe', 'Pacific/Kiritimati',
  'Pacific/Pago_Pago', 'America/Havana', 'Asia/Beirut', 'Asia/Kathmandu',
];

test('each day of each zone is taken once, at the first slot after its end, also where clocks change at midnight', async () => {
  const { sql, tenantIn } = await open();
  const tenants: Tenant[] = [];
  for (const timeZone of ZONES) tenants.push(await tenantIn(timeZone));
  const [first, days] = [DateTime.fromISO('2026-03-01'), 45];
  for (const { id } of tenants) {
    await sql`
      insert into daily_metric (tenant_id, day, metric, value)
      select ${id}, ${first.toISODate()}::date + n, ${metric}, 7 from generate_series(0, ${days}::integer) as n
    `;
  }
  const source = factSources.find(({ name }) => name === metric);
  if (source === undefined) throw new Error('no source');
  for (let day = 2; day < days; day += 1) {
    const at = DateTime.fromISO('2026-03-01T02:00', { zone: MEXICO }).plus({ days: day }).toJSDate();
    const period = periodOf(updateDailyMetrics.schedule, updateDailyMetrics.covers, at);
    const correction = { source, consumer: countDailyMetrics.name, period, late: [], slot: at };
    await transaction(sql, (tx) => correctFigures(tx, correction));
  }
  const taken = await sql<{ timeZone: string; day: string; slot: Date }[]>`
    select time_zone as "timeZone", day::text, slot from daily_metric_difference join tenant on tenant.id = tenant_id
  `;
  expect(new Set(taken.map(({ timeZone, day }) => `${timeZone} ${day}`)).size).toBe(taken.length);
  expect(taken.length).toBeGreaterThan(ZONES.length * (days - 4));
  const wrong = taken.filter(({ timeZone, day, slot: at }) => {
    const end = DateTime.fromISO(day, { zone: timeZone }).plus({ days: 1 }).startOf('day').toMillis();
    return !(end <= at.getTime() && end > at.getTime() - DAY_MS);
  });
  expect(wrong).toEqual([]);
});
