import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { examineTimeZones } from '../../src/backoffice/doctor/examine-time-zones.ts';
import { closePayoutCycles } from '../../src/jobs/close-payout-cycles.ts';
import { isolate } from '../../src/jobs/isolate.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import { updateDailyMetrics } from '../../src/jobs/update-daily-metrics.ts';
import { completeCommissions, paymentsUnder } from '../../src/store/earnings/commissions.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { factSources } from '../../src/store/analytics/daily-metric-facts.ts';
import { lowestId } from '../../src/outbox/partitions.ts';
import { countDaily } from '../../src/store/analytics/daily-metrics.ts';
import { assertJobTimeZones } from '../../src/platform/postgres-time-zones.ts';
import { openBilling, slotOf } from '../support/billing.ts';
import { findingOf } from '../support/findings.ts';
import { runSlot } from '../support/jobs.ts';
import { STANDARD_PLAN } from '../support/money.ts';
import { commit } from '../support/outbox-rows.ts';
import { openReconciling } from '../support/reconciling.ts';

const ZONES = ['US/Pacific-New', 'Canada/East-Saskatchewan', 'Mars/X', ''];
const FAR = '9223372036854775807';
const NIGHT = new Date('2026-04-02T08:00:00Z');

test('a stored zone that PostgreSQL does not know keeps no tenant’s figures, invoices and commissions from being made', async () => {
  const { sql, tenant, subscription, payment } = await openBilling();
  const tenants: string[] = [];
  for (const timeZone of ['America/Mexico_City', ...ZONES]) {
    const id = await tenant({ timeZone });
    tenants.push(id);
    await subscription(id, { startsOn: '2026-03-01' });
    await payment(id, '2026-04-01T18:00:00Z', 49_900);
    await sql`
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
      values (${randomUUID()}, ${id}, ${randomUUID()}, ${STANDARD_PLAN}, '2026-01-01', '2026-01-01')
    `;
  }
  expect(await runSlot(sql, updateDailyMetrics, { ports: {}, scheduledFor: NIGHT })).toMatchObject({ attempts: 1, reason: null });
  const counted = await sql`select tenant_id from daily_metric where metric = 'payments_captured' and value = 1`;
  expect(new Set(counted.map(({ tenant_id: id }) => String(id)))).toEqual(new Set(tenants));

  expect(await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04') })).toMatchObject({ attempts: 1, reason: null });
  expect(await sql`select from invoice`).toHaveLength(tenants.length);

  const lines = await transaction(sql, async (tx) => {
    const ids = await tx<{ id: string }[]>`select id from attribution`;
    const under = await paymentsUnder(tx, ids.map(({ id }) => id));
    return completeCommissions(tx, [...under.values()].flat());
  });
  expect(lines).toHaveLength(tenants.length);

  await transaction(sql, (tx) => countDaily(tx, tenants.map((tenantId) => ({ tenantId, occurredAt: NIGHT, metric: 'leads_created', value: 1 }))));
  expect(await sql`select from daily_metric where metric = 'leads_created'`).toHaveLength(tenants.length);

  const finding = findingOf(await examineTimeZones(sql), 'time zones');
  expect(finding.verdict).toBe('warning');
  for (const zone of ZONES) expect(finding.found).toContain(zone);
});

test('where every zone is known the doctor says so', async () => {
  const { sql, tenant } = await openBilling();
  await tenant();
  expect(findingOf(await examineTimeZones(sql), 'time zones').verdict).toBe('fine');
});

test('workers do not start with jobs in a zone that PostgreSQL does not know', async () => {
  const { sql } = await openBilling();
  await assertJobTimeZones(sql, ['America/Mexico_City', 'UTC']);
  await expect(assertJobTimeZones(sql, ['UTC', 'US/Pacific-New'])).rejects.toThrow('US/Pacific-New');
});

test('a tenant whose amounts overflow is named, and the others are billed and counted', async () => {
  const { sql, tenant, charge } = await openBilling();
  const tenants: string[] = [];
  for (let nth = 0; nth < 7; nth += 1) tenants.push(await tenant());
  const [, , bad = ''] = tenants;
  for (const id of tenants) await charge(id, '2026-03-15T12:00:00Z');
  for (const _ of [1, 2]) {
    const id = await charge(bad, '2026-03-31T18:00:00Z');
    await sql`update performance_charge set amount_minor = ${FAR} where id = ${id}`;
  }
  const run = await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04') });
  expect(run).toMatchObject({ outcome: 'failed', attempts: 1, reason: expect.stringContaining(`1 tenants could not be handled: ${bad} (22003)`) as string });
  const billed = await sql`select tenant_id as id from invoice`;
  expect(new Set(billed.map(({ id }) => String(id)))).toEqual(new Set(tenants.filter((id) => id !== bad)));

  await runSlot(sql, updateDailyMetrics, { ports: {}, scheduledFor: new Date('2026-04-01T08:00:00Z'), coveredUntil: new Date('2026-03-01T08:00:00Z') });
  const figures = await sql`select count(distinct tenant_id)::integer as tenants, max(value) as most from daily_metric`;
  expect(figures).toEqual([{ tenants: 7, most: FAR }]);

  await sql`delete from performance_charge where tenant_id = ${bad} and amount_minor = ${FAR}`;
  expect(await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04') })).toMatchObject({ reason: null });
  expect(await sql`select from invoice`).toHaveLength(7);
});

test('an ambassador whose earnings overflow is named, and the cycles of the others are closed', async () => {
  const { sql, tenant, payment } = await openBilling();
  const ambassadors = Array.from({ length: 5 }, () => randomUUID());
  for (const [nth, userId] of ambassadors.entries()) {
    const [tenantId, attributionId] = [await tenant(), randomUUID()];
    await sql`
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
      values (${attributionId}, ${tenantId}, ${userId}, ${STANDARD_PLAN}, '2026-01-01', '2026-01-01')
    `;
    for (const _ of [1, 2]) {
      const paymentId = await payment(tenantId, '2026-03-10T18:00:00Z', 1_000_000);
      await sql`
        insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
        values (${randomUUID()}, ${paymentId}, 'payment', ${tenantId}, ${userId}, ${attributionId}, ${nth === 1 ? FAR : '50000'}, 'MXN', '2026-03-10')
      `;
    }
  }
  const run = await runSlot(sql, closePayoutCycles, { ports: {}, scheduledFor: new Date('2026-04-01T10:00:00Z') });
  expect(run).toMatchObject({ outcome: 'failed', attempts: 1, reason: expect.stringContaining(ambassadors[1] ?? '') as string });
  expect(await sql`select from payout_cycle`).toHaveLength(4);
});

test('an event whose amount is none stops no figures', async () => {
  const { sql, tenant } = await openBilling();
  for (const minor of ['"much"', '1e30', '1.5', 'null', '250']) {
    const tenantId = await tenant();
    const id = await commit(sql, { tenantId });
    await sql`
      update outbox_event
      set event_type = 'CommissionCalculated', occurred_at = '2026-04-01T18:00:00Z',
          payload_json = ${`{"amount":{"minor":${minor},"currency":"MXN"}}`}::text::json
      where id = ${id}
    `;
  }
  const source = factSources.find(({ isEvents }) => isEvents);
  const facts = await sql.unsafe(`select minor from (${source?.facts(lowestId(new Date(0))) ?? ''}) as fact where minor is not null`);
  expect(facts).toEqual([{ minor: '250' }]);
  expect(await runSlot(sql, updateDailyMetrics, { ports: {}, scheduledFor: NIGHT })).toMatchObject({ attempts: 1, reason: null });
});

test('a stored line whose amount overflows stops no reconciliation', async () => {
  const { pay, bring, reconcile, mismatches, sql } = await openReconciling();
  await pay('a', 100);
  await bring(['a 101', 'b 5 2026-06-11', 'b 5 2026-06-12']);
  await sql`update settlement_line set amount_minor = ${FAR} where provider_payment_id = 'b'`;
  expect(await reconcile()).toMatchObject({ outcome: 'done' });
  expect(await mismatches()).toEqual(['amount-differs a 101/100', `missing-here b ${FAR}/–`]);
});

test('of many things the bad ones are found in few tries; another error is nobody’s row', async () => {
  const refuse = (code: string) => Object.assign(new Error('x'), { code });
  let tries = 0;
  const work = (some: readonly number[]) => {
    tries += 1;
    return some.includes(700) ? Promise.reject(refuse('22003')) : Promise.resolve();
  };
  expect((await isolate(Array.from({ length: 1_000 }, (_, index) => index), work)).map(({ item }) => item)).toEqual([700]);
  expect(tries).toBeLessThan(25);
  for (const code of ['57P01', '40P01', '42P01', 'ECONNRESET']) {
    await expect(isolate([1, 2], () => Promise.reject(refuse(code)))).rejects.toThrow('x');
  }
});
