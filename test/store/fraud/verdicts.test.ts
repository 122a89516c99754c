import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sql, Tx } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { completeCommissions } from '../../../src/store/earnings/commissions.ts';
import { closePayoutCycle } from '../../../src/store/earnings/payout-cycles.ts';
import { executeVerdict, undoVerdict } from '../../../src/store/fraud/verdicts.ts';
import { openBilling } from '../../support/billing.ts';
import { STANDARD_PLAN } from '../../support/money.ts';

const PAYMENTS = 3;
const CASES = 4;
const AMOUNT = 300_000;
const EARNED = 30_000; // a cycle pays from 20,000 on
const now = new Date('2026-09-01T12:00:00Z');

/** A step: a payment by its number, a refund of so much, a case by its number, or the end of the next month. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('capture' as const), payment: fc.nat(PAYMENTS - 1) }),
  fc.record({ kind: fc.constant('refund' as const), payment: fc.nat(PAYMENTS - 1), minor: fc.integer({ min: 1, max: 210_000 }) }),
  fc.record({ kind: fc.constant('confirm' as const), nth: fc.nat(CASES - 1) }),
  fc.record({ kind: fc.constant('reverse' as const), nth: fc.nat(CASES - 1) }),
  fc.record({ kind: fc.constant('close' as const) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** An ambassador's attribution, cases about it, and payments that may be captured. */
async function openPlot(sql: Sql, tenantId: string) {
  const [ambassadorUserId, attributionId] = [randomUUID(), randomUUID()];
  const [cases, payments] = [Array.from({ length: CASES }, () => randomUUID()), Array.from({ length: PAYMENTS }, () => randomUUID())];
  await sql`
    insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
    values (${attributionId}, ${tenantId}, ${ambassadorUserId}, ${STANDARD_PLAN}, '2026-01-01', ${now})
  `;
  for (const id of cases) {
    await sql`
      insert into fraud_case (id, subject_kind, subject_id, opened_at, score, evidence, status, resolved_at, resolved_by, reason)
      values (${id}, 'ambassador', ${ambassadorUserId}, ${now}, 600, '{}', 'dismissed', ${now}, ${id}, 'x')
    `;
    await sql`insert into fraud_case_attribution values (${id}, ${attributionId})`;
  }
  return { sql, tenantId, ambassadorUserId, attributionId, cases, payments, captured: new Set<string>(), standing: new Set<string>(), over: new Set<string>(), month: 3 };
}
type Plot = Awaited<ReturnType<typeof openPlot>>;

async function become(plot: Plot, tx: Tx, happened: Happening): Promise<void> {
  switch (happened.kind) {
    case 'capture': {
      const id = plot.payments[happened.payment] ?? '';
      if (plot.captured.has(id)) return;
      plot.captured.add(id);
      const at = new Date(Date.UTC(2026, 2 + happened.payment, 10));
      await tx`
        insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
        values (${id}, 'sandpay', ${id}, ${plot.tenantId}, ${AMOUNT}, 'MXN', 'captured', ${at}, ${at})
      `;
      return;
    }
    case 'refund': {
      const id = plot.payments[happened.payment] ?? '';
      if (!plot.captured.has(id)) return;
      const refund = randomUUID();
      await tx`insert into refund values (${refund}, ${id}, ${refund}, ${happened.minor}, ${new Date(Date.UTC(2026, plot.month - 1, 15))})`;
      return;
    }
    case 'confirm':
    case 'reverse':
      return judge(plot, tx, happened);
    case 'close': {
      const [periodStart, periodEnd] = [new Date(Date.UTC(2026, plot.month - 1, 1)), new Date(Date.UTC(2026, plot.month, 0))].map((day) => day.toISOString().slice(0, 10));
      plot.month += 1;
      await closePayoutCycle(tx, { ambassadorUserId: plot.ambassadorUserId, currency: 'MXN', periodStart: periodStart ?? '', periodEnd: periodEnd ?? '' }, now);
    }
  }
}

async function judge({ cases, standing, over }: Plot, tx: Tx, { kind, nth }: Extract<Happening, { nth: number }>): Promise<void> {
  const caseId = cases[nth] ?? '';
  if (kind === 'confirm' && !standing.has(caseId) && !over.has(caseId)) {
    await executeVerdict(tx, { caseId, now });
    standing.add(caseId);
  }
  if (kind === 'reverse' && standing.delete(caseId)) {
    await undoVerdict(tx, { caseId, now });
    over.add(caseId);
  }
}

/** Each payment's commission: its balance, what was paid out of it, and what was given back of the payment. */
const balances = ({ sql, captured, ambassadorUserId }: Plot) => sql<{ balance: number; paid: number; back: number }[]>`
  select coalesce((select sum(amount_minor) from commission where payment_id = payment.id), 0)::integer as balance,
         coalesce((
           select sum(amount_minor) from commission join payout_line on commission_id = commission.id where payment_id = payment.id
           and cycle_id in (
             select id from payout_cycle where ambassador_user_id = ${ambassadorUserId} and period_end <= (
               select max(period_end) from payout_cycle where ambassador_user_id = ${ambassadorUserId} and payable_minor > 0
             )
           )
         ), 0)::integer as paid,
         coalesce((select sum(amount_minor) from refund where payment_id = payment.id), 0)::integer as back
  from payment
  where id = any(${[...captured]}::uuid[])
`;

test('whatever comes in whatever order, a standing verdict leaves what was paid out, and without one the facts decide', { timeout: 120_000 }, async () => {
  const { sql, tenant } = await openBilling();
  let looked = 0;
  await fc.assert(fc.asyncProperty(fc.array(happening, { minLength: 4, maxLength: 14 }), async (history) => {
    const plot = await openPlot(sql, await tenant());
    for (const happened of history) {
      await transaction(sql, (tx) => become(plot, tx, happened));
      await transaction(sql, (tx) => completeCommissions(tx, [...plot.captured]));
      for (const { balance, paid, back } of await balances(plot)) {
        const deserved = Math.round((EARNED * Math.max(0, AMOUNT - back)) / AMOUNT);
        const expected = plot.standing.size > 0 ? Math.min(paid, deserved) : deserved;
        expect(Math.abs(balance - expected), `${balance} instead of ${expected}`).toBeLessThanOrEqual(1);
        looked += 1;
      }
    }
  }), { numRuns: 120 });
  expect(looked).toBeGreaterThan(300);
});
