import { createHash, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { PassThrough } from 'node:stream';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { closePayoutCycles } from '../../src/jobs/close-payout-cycles.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { closePayoutCycle } from '../../src/store/earnings/payout-cycles.ts';
import { openBilling } from '../support/billing.ts';
import { eventsOf } from '../support/events.ts';
import { runSlot } from '../support/jobs.ts';
import { STANDARD_PLAN } from '../support/money.ts';

const slotOf = (month: string) => new Date(`${month}-01T10:00:00Z`); // 4 in the morning in Mexico City
const close = (sql: Sql, month: string) => runSlot(sql, closePayoutCycles, { ports: {}, scheduledFor: slotOf(month) });

/** A database in which ambassadors earn, each from a tenant of their own. */
async function open() {
  const { sql, tenant, payment } = await openBilling();
  return {
    sql,
    async ambassador() {
      const [userId, tenantId, attributionId] = [randomUUID(), await tenant(), randomUUID()];
      await sql`
        insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
        values (${attributionId}, ${tenantId}, ${userId}, ${STANDARD_PLAN}, '2026-01-01', '2026-01-01')
      `;
      return {
        userId,
        /** A line of the ledger; the id comes back. */
        async earn(day: string, minor: number, currency = 'MXN'): Promise<string> {
          const [id, paymentId] = [randomUUID(), await payment(tenantId, `${day}T18:00:00Z`, 1_000_000, currency)];
          const kind = minor > 0 ? 'payment' : `refund:${randomUUID()}`;
          await sql`
            insert into commission (
              id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on
            )
            values (${id}, ${paymentId}, ${kind}, ${tenantId}, ${userId}, ${attributionId}, ${minor}, ${currency}, ${day})
          `;
          return id;
        },
      };
    },
    /** An ambassador's cycles in a currency, by their periods. */
    async cycles(userId: string, currency = 'MXN') {
      const rows = await sql`
        select format('%s %s: %s lines %s, in %s, pays %s, out %s', period_start, period_end, line_count, lines_minor,
                      carried_in_minor, payable_minor, carried_out_minor) as told
        from payout_cycle where ambassador_user_id = ${userId} and currency = ${currency} order by period_end
      `;
      return rows.map(({ told }) => String(told));
    },
  };
}

/** Every byte of what closing writes. */
async function everyByte(sql: Sql): Promise<string> {
  const [row] = await sql`
    select (select json_agg(cycle order by id) from payout_cycle cycle)        as cycles,
           (select json_agg(line order by commission_id) from payout_line line) as lines,
           (select json_agg(commission order by id) from commission)            as commissions,
           (select json_agg(event order by id) from outbox_event event)         as events
  `;
  return JSON.stringify(row);
}

test('job de cierre de payout idempotente: running it again, or twice at once, changes no byte', async () => {
  const { sql, ambassador } = await open();
  for (let nth = 0; nth < 5; nth += 1) {
    const one = await ambassador();
    await one.earn('2026-03-10', 30_000 + nth);
    await one.earn('2026-03-31', 100);
    await one.earn('2026-04-01', 700);
  }
  await Promise.all([close(sql, '2026-04'), close(sql, '2026-04'), close(sql, '2026-04')]);
  const before = await everyByte(sql);
  expect(await eventsOf(sql, 'PayoutCycleClosed')).toHaveLength(5);
  for (const _ of [1, 2, 3]) await close(sql, '2026-04');
  await Promise.all(Array.from({ length: 8 }, () => close(sql, '2026-04')));
  expect(await everyByte(sql) === before).toBe(true);
});

test('a month ends with its last day here, in each currency by itself', async () => {
  const { sql, ambassador, cycles } = await open();
  const one = await ambassador();
  await one.earn('2026-02-27', 10_000);
  await one.earn('2026-02-28', 15_000);
  await one.earn('2026-03-01', 40_000);
  await one.earn('2026-02-28', 1_000, 'EUR');
  expect(await close(sql, '2026-03')).toMatchObject({ outcome: 'caught-up' });
  expect(await cycles(one.userId)).toEqual(['2026-02-01 2026-02-28: 2 lines 25000, in 0, pays 25000, out 0']);
  expect(await cycles(one.userId, 'EUR')).toEqual(['2026-02-01 2026-02-28: 1 lines 1000, in 0, pays 1000, out 0']);
  const [event] = await eventsOf(sql, 'PayoutCycleClosed');
  expect(event?.payload).toMatchObject({ ambassadorUserId: one.userId, periodStart: '2026-02-01', periodEnd: '2026-02-28' });
});

test('too little to pay and what is owed are carried on, month after month, until they are settled', async () => {
  const { sql, ambassador, cycles } = await open();
  const [little, owing, idle] = [await ambassador(), await ambassador(), await ambassador()];
  await little.earn('2026-03-10', 19_999);
  await owing.earn('2026-03-10', -50_000);
  await idle.earn('2026-03-10', 20_000);
  await close(sql, '2026-04');
  await close(sql, '2026-05');
  await little.earn('2026-05-10', 1);
  await owing.earn('2026-05-10', 80_000);
  await close(sql, '2026-06');
  await close(sql, '2026-07');
  expect(await cycles(little.userId)).toEqual([
    '2026-03-01 2026-03-31: 1 lines 19999, in 0, pays 0, out 19999',
    '2026-04-01 2026-04-30: 0 lines 0, in 19999, pays 0, out 19999',
    '2026-05-01 2026-05-31: 1 lines 1, in 19999, pays 20000, out 0',
  ]);
  expect(await cycles(owing.userId)).toEqual([
    '2026-03-01 2026-03-31: 1 lines -50000, in 0, pays 0, out -50000',
    '2026-04-01 2026-04-30: 0 lines 0, in -50000, pays 0, out -50000',
    '2026-05-01 2026-05-31: 1 lines 80000, in -50000, pays 30000, out 0',
  ]);
  expect(await cycles(idle.userId)).toEqual(['2026-03-01 2026-03-31: 1 lines 20000, in 0, pays 20000, out 0']);
});

test('the lines of a cycle are frozen by a hash: one that is changed, added or missing is seen', async () => {
  const { sql, ambassador } = await open();
  const one = await ambassador();
  const ids = [await one.earn('2026-03-10', 30_000), await one.earn('2026-03-11', -5_000)];
  await close(sql, '2026-04');
  const minors = new Map([[ids[0], 30_000], [ids[1], -5_000]]);
  const text = ids.toSorted().map((id) => `${id},${minors.get(id)}`).join('\n');
  const [cycle] = await sql<{ hash: string }[]>`select lines_hash as hash from payout_cycle`;
  expect(cycle?.hash).toBe(createHash('sha256').update(text).digest('hex'));

  const seen = async () => (await sql`
    select from payout_cycle cycle
    where lines_hash <> (
      select encode(sha256(convert_to(coalesce(string_agg(c.id || ',' || c.amount_minor, E'\n' order by c.id), ''), 'UTF8')), 'hex')
      from payout_line line join commission c on c.id = line.commission_id where line.cycle_id = cycle.id
    )
  `).length > 0;
  expect(await seen()).toBe(false);
  await sql`update commission set amount_minor = 30001 where amount_minor = 30000`;
  expect(await seen()).toBe(true);
  await sql`update commission set amount_minor = 30000 where amount_minor = 30001`;
  expect(await seen()).toBe(false);
  await sql`delete from payout_line where commission_id = ${ids[1] ?? ''}`;
  expect(await seen()).toBe(true);
});

test('whose later period an operator has closed is passed over, logged by ids only, and nobody else is held up', async () => {
  const { sql, ambassador, cycles } = await open();
  const [ahead, other] = [await ambassador(), await ambassador()];
  await ahead.earn('2026-03-10', 30_000);
  const april = { ambassadorUserId: ahead.userId, currency: 'MXN', periodStart: '2026-04-01', periodEnd: '2026-04-10' };
  await transaction(sql, (tx) => closePayoutCycle(tx, april, new Date('2026-04-11T12:00:00Z')));
  await ahead.earn('2026-03-11', 40_000); // came late
  await other.earn('2026-03-10', 30_000);
  const log = new PassThrough({ encoding: 'utf8' });
  await sql`insert into job (name, planned_until) values ('close-payout-cycles', '2999-01-01')`;
  await sql`insert into job_run (job_name, scheduled_for) values ('close-payout-cycles', ${slotOf('2026-04')})`;
  await runJob(closePayoutCycles, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'info', destination: log }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: new AbortController().signal,
  });
  expect(await sql`select outcome from job_run`).toEqual([{ outcome: 'caught-up' }]);
  expect(await cycles(other.userId)).toEqual(['2026-03-01 2026-03-31: 1 lines 30000, in 0, pays 30000, out 0']);
  expect(await cycles(ahead.userId)).toEqual(['2026-04-01 2026-04-10: 1 lines 30000, in 0, pays 30000, out 0']);
  const [line] = String(log.read()).split('\n').flatMap((text) => (text.includes('passed over') ? [JSON.parse(text) as object] : []));
  expect(line).toMatchObject({ ambassadorUserId: ahead.userId, currency: 'MXN' });
  expect(JSON.stringify(line)).not.toContain('closed up to');
  await close(sql, '2026-05'); // overlaps the operator's: passed over again
  await close(sql, '2026-06');
  expect((await cycles(ahead.userId)).at(-1)).toBe('2026-05-01 2026-05-31: 1 lines 40000, in 0, pays 40000, out 0');
});

test('a run that is stopped between two parts is gone on with, and closes each once', { timeout: 60_000 }, async () => {
  const { sql, ambassador } = await open();
  await (await ambassador()).earn('2026-03-10', 30_000);
  await sql`
    insert into commission (
      id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on
    )
    select gen_random_uuid(), payment_id, 'refund:' || gen_random_uuid(), tenant_id, gen_random_uuid(), attribution_id,
           -5, currency, earned_on
    from commission, generate_series(1, 449)
  `;
  let [parts, stop] = [0, new AbortController()];
  const count = () => {
    parts += 1;
    if (parts === 2) stop.abort();
  };
  subscribe('columna:job.chunk', count);
  onTestFinished(() => void unsubscribe('columna:job.chunk', count));
  await sql`insert into job (name, planned_until) values ('close-payout-cycles', '2999-01-01')`;
  await sql`insert into job_run (job_name, scheduled_for) values ('close-payout-cycles', ${slotOf('2026-04')})`;
  const work = () => runJob(closePayoutCycles, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: stop.signal,
  });
  const state = () => sql`select outcome, (select count(*)::integer from payout_cycle) as closed from job_run`;
  await work();
  expect(await state()).toEqual([{ outcome: 'due', closed: 400 }]);
  stop = new AbortController();
  await work();
  expect(await state()).toEqual([{ outcome: 'caught-up', closed: 450 }]);
  expect(parts).toBe(3);
  expect(await eventsOf(sql, 'PayoutCycleClosed')).toHaveLength(450);
});

test('a slot after months without one closes each of them, and what follows a change of zone closes each month once', async () => {
  const { sql, ambassador, cycles } = await open();
  const one = await ambassador();
  for (const day of ['2026-02-10', '2026-03-10', '2026-04-30']) await one.earn(day, 30_000);
  const coveredUntil = new Date('2026-02-01T06:00:00Z');
  await runSlot(sql, closePayoutCycles, { ports: {}, scheduledFor: slotOf('2026-05'), coveredUntil });
  const closed = ['02-01 2026-02-28', '03-01 2026-03-31', '04-01 2026-04-30'].map((days) => `2026-${days}: 1 lines 30000, in 0, pays 30000, out 0`);
  expect(await cycles(one.userId)).toEqual(closed);
  const madrid = { ...closePayoutCycles, schedule: { cron: '0 4 1 * *', timeZone: 'Europe/Madrid' } };
  await one.earn('2026-05-31', 30_000);
  const again = { ports: {}, scheduledFor: new Date('2026-05-01T02:00:00Z'), coveredUntil: new Date('2026-05-01T06:00:00Z') };
  expect(await runSlot(sql, madrid, again)).toMatchObject({ outcome: 'skipped', reason: 'its period was run before' });
  await runSlot(sql, madrid, { ...again, scheduledFor: new Date('2026-06-01T02:00:00Z') });
  expect(await cycles(one.userId)).toEqual([...closed, '2026-05-01 2026-05-31: 1 lines 30000, in 0, pays 30000, out 0']);
});
