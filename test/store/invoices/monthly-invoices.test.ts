import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { lastDayOf } from '../../../src/domain/calendar-day.ts';
import type { Outcome } from '../../../src/domain/payments/dispute.ts';
import { type Draft, draftInvoices, type Unbilled } from '../../../src/domain/invoices/invoicing.ts';
import type { ChargeKind } from '../../../src/domain/invoices/performance-charge.ts';
import type { Period, Plan } from '../../../src/domain/invoices/subscription.ts';
import type { TaxRule } from '../../../src/domain/invoices/taxes.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { findInvoice } from '../../../src/store/invoices/invoices.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { billingFacts, openBilling } from '../../support/billing.ts';

const RULES: readonly TaxRule[] = [
  { country: 'MX', name: 'IVA', basisPoints: 1_600, startsOn: '2010-01-01' },
  { country: 'MX', name: 'IVA', basisPoints: 50, startsOn: '2026-03-15' }, // halves, which have to be rounded to even
  { country: 'PE', name: 'IGV', basisPoints: 1_250, startsOn: '2026-02-10' },
  { country: 'PE', name: 'IPM', basisPoints: 1_250, startsOn: '2026-04-02' },
];
const MONTHS = ['2026-03-01', '2026-04-01', '2026-05-01'] as const;
const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const between = (first: string, last: string) =>
  fc.integer({ min: Date.parse(first), max: Date.parse(last) }).map((ms) => new Date(ms).toISOString());
const at = between('2026-02-05', '2026-06-03');
const day = between('2023-12-20', '2026-06-10').map((instant) => instant.slice(0, 10));
const minor = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 1_000_000_000_000 }));
const currency = fc.constantFrom('MXN', 'PEN');
/** Each fact becomes known before one of the months is billed. */
const known = fc.constantFrom(...MONTHS.keys());
const kind = fc.constantFrom<ChargeKind>('qualified-lead', 'whatsapp-click', 'closed-ticket');

const tenants = fc.array(fc.record({
  country: fc.constantFrom('MX', 'PE', 'JP'),
  timeZone: fc.constantFrom(
    'America/Mexico_City', 'Etc/GMT+12', 'Pacific/Kiritimati', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Havana',
  ),
  subscription: fc.option(fc.record({
    known, minor, currency, startsOn: day, length: fc.option(fc.integer({ min: 0, max: 500 })),
    plan: fc.constantFrom<Plan>('basic', 'professional'), period: fc.constantFrom<Period>('monthly', 'yearly'),
  })),
  charges: fc.array(fc.record({
    known, at, kind, currency, minor: fc.oneof(minor, fc.constant(450)),
    dispute: fc.option(fc.record({ at, known, outcome: fc.constantFrom<Outcome>('won', 'lost') })),
  }), { maxLength: 8 }),
  payments: fc.array(fc.record({ at, minor, currency, dispute: fc.record({ at, known }) }), { maxLength: 2 }),
}), { minLength: 1, maxLength: 12 });

type Case = (typeof tenants extends fc.Arbitrary<infer All> ? All : never) extends readonly (infer One)[] ? One : never;
/** A fact for the pure rule, and before which month it is known. */
interface Known<Fact> {
  readonly known: number;
  readonly fact: Fact;
}

/** Puts what becomes known before a month into the database, and gives what the pure rule has to be told of it. */
async function writeFacts(sql: Sql, tenantId: string, one: Case) {
  const { subscription, charge, payment, dispute } = billingFacts(sql);
  const dayAt = (instant: string) => DateTime.fromISO(instant, { zone: one.timeZone }).toFormat('yyyy-MM-dd');
  const later: { readonly known: number; write(): Promise<void> }[] = [];
  const subscriptions: Known<Omit<Unbilled['subscriptions'][number], 'billedUpTo'>>[] = [];
  const charges: Known<Unbilled['charges'][number]>[] = [];
  const disputes: Known<Unbilled['disputes'][number]>[] = [];
  const money = (amount: { readonly minor: number; readonly currency: string }) =>
    ({ minor: BigInt(amount.minor), currency: amount.currency });
  if (one.subscription !== null) {
    const { known: before, length, ...facts } = one.subscription;
    const endedOn = length === null ? null : DateTime.fromISO(facts.startsOn).plus({ days: length }).toFormat('yyyy-MM-dd');
    later.push({ known: before, write: async () => {
      const id = await subscription(tenantId, { ...facts, endedOn });
      subscriptions.push({ known: before, fact: { id, price: money(facts), ...facts, endedOn } });
    } });
  }
  for (const { known: before, at: happened, dispute: disputed, ...facts } of one.charges) {
    later.push({ known: before, write: async () => {
      const chargeId = await charge(tenantId, happened, facts);
      charges.push({ known: before, fact: { kind: facts.kind, amount: money(facts), on: dayAt(happened) } });
      if (disputed === null) return;
      const id = await dispute({ chargeId }, disputed.at, disputed.outcome);
      if (disputed.outcome === 'lost') {
        const [on, decidedOn] = [dayAt(happened), dayAt(disputed.at)];
        disputes.push({ known: before, fact: { id, about: facts.kind, amount: money(facts), on, decidedOn } });
      }
    } });
  }
  for (const { at: paid, dispute: disputed, ...facts } of one.payments) {
    later.push({ known: disputed.known, write: async () => {
      const id = await dispute({ paymentId: await payment(tenantId, paid, facts.minor, facts.currency) }, disputed.at);
      const [on, decidedOn] = [dayAt(paid), dayAt(disputed.at)];
      disputes.push({ known: disputed.known, fact: { id, about: 'payment', amount: money(facts), on, decidedOn } });
    } });
  }
  return { later, subscriptions, charges, disputes };
}

/** What the pure rule makes of a tenant, month after month. */
function expectedDrafts(country: string, { subscriptions, charges, disputes }: Awaited<ReturnType<typeof writeFacts>>): readonly Draft[] {
  const billed = new Map<string, string>();
  const taken = new Set<unknown>();
  return MONTHS.flatMap((month, nth) => {
    const fresh = <Fact>(facts: readonly Known<Fact>[]) => facts.filter((one) => one.known <= nth && !taken.has(one));
    const [open, decided] = [fresh(charges), fresh(disputes)];
    const unbilled: Unbilled = {
      country,
      subscriptions: fresh(subscriptions).map(({ fact }) => ({ ...fact, billedUpTo: billed.get(fact.id) ?? null })),
      charges: open.map(({ fact }) => fact),
      disputes: decided.map(({ fact }) => fact),
    };
    const drafts = draftInvoices(unbilled, { month, rules: RULES });
    for (const { kind: what, sourceId, startsOn } of drafts.flatMap(({ lines }) => lines)) {
      if (what === 'subscription') billed.set(sourceId ?? '', startsOn);
    }
    open.filter(({ fact }) => fact.on <= lastDayOf(month)).forEach((one) => taken.add(one));
    const isInTime = (fact: Unbilled['disputes'][number]) => fact.on <= lastDayOf(month) && fact.decidedOn <= lastDayOf(month);
    decided.filter(({ fact }) => isInTime(fact)).forEach((one) => taken.add(one));
    return drafts;
  });
}

const figuresOf = ({ currency: code, lines, net, tax, total }: Draft): Draft => ({ currency: code, lines, net, tax, total });

test('the statement makes what the pure rule makes of the same facts, month after month', { timeout: 120_000 }, async () => {
  const { sql, tenant } = await openBilling();
  let drafts = 0;
  await fc.assert(fc.asyncProperty(tenants, async (cases) => {
    const made = await Promise.all(cases.map(async (one) => {
      const id = await tenant(one);
      return { id, country: one.country, facts: await writeFacts(sql, id, one) };
    }));
    for (const [nth, month] of MONTHS.entries()) {
      for (const { facts } of made) for (const fact of facts.later.filter(({ known: before }) => before === nth)) await fact.write();
      const issuedAt = new Date(`${month}T12:00:00Z`);
      await transaction(sql, (tx) => issueMonthlyInvoices(tx, { tenants: { after: FIRST, upTo: LAST }, month, issuedAt, rules: RULES }));
    }
    for (const { id, country, facts } of made) {
      const rows = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${id} order by period_start, currency`;
      const found = await Promise.all(rows.map((row) => findInvoice(sql, row.id)));
      expect(found.map((invoice) => invoice && figuresOf(invoice))).toEqual(expectedDrafts(country, facts));
      drafts += rows.length;
    }
  }), { numRuns: 25, endOnFailure: true }); // to make a case smaller takes minutes
  expect(drafts).toBeGreaterThan(100);
});
