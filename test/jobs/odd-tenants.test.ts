import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { applyFollowUps } from '../../src/jobs/apply-follow-ups.ts';
import { closePayoutCycles } from '../../src/jobs/close-payout-cycles.ts';
import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import { recalculateRanking } from '../../src/jobs/recalculate-ranking.ts';
import { reconcilePayments } from '../../src/jobs/reconcile-payments.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { updateDailyMetrics } from '../../src/jobs/update-daily-metrics.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { countDaily } from '../../src/store/analytics/daily-metrics.ts';
import { openBilling, slotOf } from '../support/billing.ts';
import { runSlot } from '../support/jobs.ts';
import { STANDARD_PLAN } from '../support/money.ts';

const FAR = '9223372036854775807';
const NIGHT = new Date('2026-04-02T08:00:00Z');

/** A tenant's column, and values that its table allows. */
const odd: readonly (readonly [column: string, values: readonly string[]])[] = [
  ['name', ['', '\u200b', 'x'.repeat(100_000), "'; drop table tenant; --", '{{x}}', 'a\u202eb', '\n', '%s']],
  ['country', ['ZZ', 'AQ', 'XX']],
  ['currency', ['XXX', 'JPY', 'KWD', 'XAU', 'ZZZ']],
  ['time_zone', ['', 'Mars/X', 'US/Pacific-New', "x'y", 'Etc/GMT-14', '+05:00', 'posixrules', 'america/mexico_city']],
  ['created_at', ['infinity', '-infinity', '0001-01-01', '9999-12-31']],
];

/** A statement that makes one tenant's facts as odd as their tables allow. */
const facts: readonly string[] = [
  `update tenant_subscription set price_minor = ${FAR} where tenant_id = $1`, "update tenant_subscription set starts_on = 'infinity', ended_on = null where tenant_id = $1",
  "update tenant_subscription set starts_on = '-infinity' where tenant_id = $1", "update tenant_subscription set ended_on = 'infinity' where tenant_id = $1",
  "update tenant_subscription set starts_on = '0001-01-01' where tenant_id = $1", "update tenant_subscription set plan = '', currency = 'ZZZ' where tenant_id = $1",
  `update performance_charge set amount_minor = ${FAR} where tenant_id = $1`, "update performance_charge set occurred_at = 'infinity' where tenant_id = $1",
  "update performance_charge set occurred_at = '-infinity' where tenant_id = $1", "update performance_charge set currency = 'ZZZ' where tenant_id = $1",
  `update payment set amount_minor = ${FAR} where tenant_id = $1`, "update payment set captured_at = 'infinity' where tenant_id = $1",
  "update payment set captured_at = '-infinity' where tenant_id = $1", "update payment set currency = 'ZZZ' where tenant_id = $1",
  "update attribution set starts_on = '-infinity' where tenant_id = $1", "update attribution set starts_on = 'infinity' where tenant_id = $1",
  "update lead set created_at = '-infinity' where tenant_id = $1", "update lead set created_at = '4000-01-01 BC' where tenant_id = $1",
  "update lead set created_at = 'infinity' where tenant_id = $1", "update lead set status = 'contacted', first_response_at = 'infinity' where tenant_id = $1",
  "update lead set status = 'contacted', first_response_at = created_at - interval '1 hour' + interval '1 microsecond' where tenant_id = $1",
];
/** Facts with which a tenant cannot be billed. */
const unbillable = facts.filter((statement) => statement.includes(FAR) && !statement.includes('payment'));

test('a tenant as odd as the tables allow keeps no night’s job from doing the others’ work', async () => {
  const { sql, tenant, subscription, charge, payment } = await openBilling();
  const world = async () => {
    const id = await tenant();
    await subscription(id, { startsOn: '2026-03-01' });
    await charge(id, '2026-03-15T12:00:00Z');
    await payment(id, '2026-04-01T18:00:00Z', 49_900);
    await payment(id, '2026-03-10T18:00:00Z', 49_900);
    await sql`
      insert into lead (id, tenant_id, source, contact_name, contact_email, created_by, created_at)
      values (${randomUUID()}, ${id}, 'form', 'Ana', 'ana@example.com', ${randomUUID()}, '2026-04-01T12:00:00Z')
    `;
    await sql`
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
      values (${randomUUID()}, ${id}, ${randomUUID()}, ${STANDARD_PLAN}, '2026-01-01', '2026-01-01')
    `;
    return id;
  };
  const good = [await world()];
  const bad = new Map<string, string>();
  for (const [column, values] of odd) {
    for (const value of values) {
      const id = await world();
      bad.set(id, `${column} ${value.slice(0, 20)}`);
      await sql.unsafe(`update tenant set ${column} = '${value.replaceAll("'", "''")}' where id = $1`, [id]);
    }
  }
  for (const statement of facts) {
    const id = await world();
    bad.set(id, statement);
    await sql.unsafe(statement, [id]);
  }
  good.push(await world());
  const run = async (job: Parameters<typeof runSlot>[1], scheduledFor = NIGHT) => (await runSlot(sql, job, { ports: {}, scheduledFor })).reason;
  const billing = await run(issueInvoices, slotOf('2026-04'));
  const named = [...bad].filter(([id]) => billing?.includes(id)).map(([, what]) => what);
  expect(named.toSorted()).toEqual(unbillable.toSorted());
  const invoiced = new Set((await sql<{ id: string }[]>`select tenant_id as id from invoice`).map(({ id }) => id));
  expect([...bad].filter(([id]) => !invoiced.has(id)).map(([, what]) => what).toSorted()).toEqual(unbillable.toSorted());
  expect(good.filter((id) => !invoiced.has(id))).toEqual([]);
  expect(await run(closePayoutCycles, new Date('2026-04-01T10:00:00Z'))).toBeNull();
  for (const job of [updateDailyMetrics, scoreFraud, detectFraudPatterns, recalculateRanking, applyFollowUps, reconcilePayments]) {
    expect([job.name, await run(job)]).toEqual([job.name, null]);
  }
  const [followed] = await sql<{ leads: number }[]>`select count(*)::integer as leads from lead_follow_up join lead on lead.id = lead_id where tenant_id in ${sql(good)}`;
  expect(followed).toEqual({ leads: 2 });
});

test('a figure that no number can hold stays the largest one, and counts on for the others', async () => {
  const { sql, tenant } = await openBilling();
  const good = [await tenant(), await tenant()];
  for (const _ of [1, 2]) {
    await transaction(sql, (tx) => countDaily(tx, good.map((tenantId) => ({ tenantId, occurredAt: NIGHT, metric: 'leads_created', value: 2 ** 53 - 1 }))));
    await sql`update daily_metric set value = ${FAR} where metric = 'leads_created'`;
  }
  expect(await sql`select value from daily_metric where metric = 'leads_created'`).toEqual([{ value: FAR }, { value: FAR }]);
});
