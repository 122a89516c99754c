import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconcilePayments } from '../../src/jobs/reconcile-payments.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { incoming, takeReport } from '../../src/store/payments/take-report.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';

const HISTORIES = 50;

interface Line {
  readonly id: string;
  readonly minor: number;
  readonly day: number;
}

/** A report of some days of June, a capture on one of them, or a run of the job. */
type Step =
  | { readonly kind: 'report'; readonly from: number; readonly to: number; readonly lines: readonly Line[] }
  | { readonly kind: 'payment'; readonly id: string; readonly minor: number; readonly day: number }
  | { readonly kind: 'run' };

const day = fc.integer({ min: 1, max: 3 });
const id = fc.constantFrom('a', 'b');
const minor = fc.constantFrom(60, 40, 100, 100, -30, 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('report' as const), from: day, days: fc.constantFrom(0, 0, 0, 1), lines: fc.array(fc.record({ id, minor, day }), { maxLength: 5 }) })
    .map(({ from, days, ...rest }) => ({ ...rest, from, to: from + days })),
  fc.record({ kind: fc.constant('payment' as const), id, minor: fc.constantFrom(100, 70), day }),
  fc.constant({ kind: 'run' as const }),
);

type Report = Extract<Step, { kind: 'report' }>;

/** The provider's current word on a payment: for each settlement day, the last report that has it. */
function settledOf(payment: string, reports: readonly Report[]): readonly number[] {
  const current = reports.flatMap(({ lines, from, to }, nth) => lines
    .filter(({ id: of, minor: amount, day: settled }) => {
      const spoken = Math.min(Math.max(settled, from), to);
      return of === payment && amount > 0 && !reports.some((later, at) => at > nth && later.from <= spoken && spoken <= later.to);
    })
    .map((line) => ({ ...line, nth })));
  return current.filter((line) => !current.some((other) => other.day === line.day && other.nth > line.nth)).map(({ minor: amount }) => amount);
}

/** The mismatches in the end, in whatever order captures and runs came. */
function modelOf(steps: readonly Step[]): readonly string[] {
  const reports = steps.filter((one) => one.kind === 'report');
  return ['a', 'b'].flatMap((payment) => {
    const ours = steps.find((one) => one.kind === 'payment' && one.id === payment) as Extract<Step, { kind: 'payment' }> | undefined;
    const settled = settledOf(payment, reports);
    const sum = settled.reduce((total, amount) => total + amount, 0);
    if (ours === undefined) return settled.length === 0 ? [] : [`missing-here ${payment} ${sum}/–`];
    const isReported = reports.some(({ from, to }) => from <= ours.day && ours.day <= to);
    if (settled.length === 0) return isReported ? [`missing-there ${payment} –/${ours.minor}`] : [];
    if (sum === ours.minor) return [];
    const isTwice = settled.length > 1 && settled.every((amount) => amount === ours.minor);
    return [`${isTwice ? 'duplicate' : 'amount-differs'} ${payment} ${sum}/${ours.minor}`];
  });
}

/** Plays a history for a provider of its own. */
async function play(sql: Sql, tenantId: string, provider: string, steps: readonly Step[]): Promise<void> {
  const date = (number: number) => `2026-06-0${number}`;
  for (const [nth, one] of steps.entries()) {
    if (one.kind === 'run') await runSlot(sql, reconcilePayments, { ports: {} });
    if (one.kind === 'payment') {
      await sql`
        insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
        values (${randomUUID()}, ${provider}, ${one.id}, ${tenantId}, ${one.minor}, 'MXN', 'captured', ${`${date(one.day)}T12:00:00Z`}, now())
        on conflict do nothing
      `;
    }
    if (one.kind === 'report') {
      const lines = one.lines.map(({ id: payment, minor: amount, day: settled }) => `${payment},${amount},MXN,${date(settled)}`);
      // A fee of its own makes the bytes of each report others.
      const csv = ['provider_payment_id,amount_minor,currency,settled_on', ...lines, `report-${nth},0,MXN,${date(one.from)}`, ''].join('\n');
      const report = incoming({ provider, periodStart: date(one.from), periodEnd: date(one.to) }, Readable.from([Buffer.from(csv)]));
      await transaction(sql, (tx) => takeReport(tx, report));
    }
  }
}

test('after any history what does not agree is what the facts say, and the events say the same', { timeout: 120_000 }, async () => {
  const { sql } = await createDatabase();
  const tenantId = randomUUID();
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    values (${tenantId}, ${randomUUID()}, 'Taller', 'MX', 'MXN', 'UTC', now())
  `;
  const histories = fc.sample(fc.array(step, { minLength: 4, maxLength: 10 }), { numRuns: HISTORIES, seed: 11 });
  for (const [nth, steps] of histories.entries()) await play(sql, tenantId, `provider-${nth}`, steps);
  await runSlot(sql, reconcilePayments, { ports: {} });
  await runSlot(sql, reconcilePayments, { ports: {} });
  let wrong = 0;
  for (const [nth, steps] of histories.entries()) {
    const provider = `provider-${nth}`;
    const open = await sql`
      select kind || ' ' || provider_payment_id || ' ' || coalesce(theirs_minor::text, '–') || '/' || coalesce(ours_minor::text, '–') as said
      from payment_mismatch where provider = ${provider} and resolved_at is null order by 1
    `;
    expect(open.map(({ said }) => String(said)), JSON.stringify(steps)).toEqual(modelOf(steps).toSorted());
    const told = await sql`
      select payload_json ->> 'kind' || ' ' || (payload_json ->> 'providerPaymentId') as said,
             (array_agg(event_type order by id desc))[1] = 'PaymentMismatchFound' as "isOpen"
      from outbox_event
      where event_type like 'PaymentMismatch%' and payload_json ->> 'provider' = ${provider}
      group by 1 order by 1
    `;
    const openByEvents = told.filter(({ isOpen }) => isOpen === true).map(({ said }) => String(said));
    expect(openByEvents, JSON.stringify(steps)).toEqual(open.map(({ said }) => String(said).split(' ').slice(0, 2).join(' ')));
    wrong += open.length;
  }
  expect(wrong).toBeGreaterThan(HISTORIES / 4);
  expect((await sql`select count(*)::integer as changes from payment_mismatch_change where change in ('resolved', 'reopened', 'changed')`)[0]?.['changes']).toBeGreaterThan(5);
});
