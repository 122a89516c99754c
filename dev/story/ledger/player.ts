import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { recordReport } from '../../../src/api/webhooks/payment-report.ts';
import type { PaymentReport } from '../../../src/api/webhooks/read-payment-report.ts';
import { addMonths } from '../../../src/domain/calendar-day.ts';
import { creditInvoice } from '../../../src/domain/invoices/credit-note.ts';
import { openDispute, resolveDispute } from '../../../src/domain/payments/dispute.ts';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import type { Sql, Tx } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { findDisputeToChange, insertDispute, saveResolution } from '../../../src/store/payments/disputes.ts';
import { findInvoiceToCredit, insertCreditNote, type KeptInvoice } from '../../../src/store/invoices/invoices.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { insertCharges } from '../../../src/store/invoices/performance-charges.ts';
import type { Command, History, InvoiceName, LineName } from './commands.ts';
import { type Balances, MAX_PERIODS } from './model.ts';
import { observe } from './observe.ts';

/** A tenant of the database, on whom a history is played by the code of the system. */
export interface Player {
  readonly tenantId: string;
  /** Runs commands at once. A refusal changes nothing; any other error is thrown. */
  run(commands: readonly Command[]): Promise<void>;
  observe(): Promise<Balances>;
}

/** The instant of what happens on a day: midday in Mexico City. */
const at = (day: string) => new Date(`${day}T18:00:00Z`);
const RECEIVED_AT = at('2026-06-30');

/** The names of a history's things in the database. */
interface Ids {
  readonly tenantId: string;
  readonly subscriptionId: string | null;
  readonly charges: { id: string; kind: string; minor: number; day: string }[];
  readonly payments: { id: string; currency: string }[];
  readonly disputes: string[];
}

/** Adds a tenant for a history. `firstIssue` dates its documents: tenants of other years have other series. */
export async function openPlayer(sql: Sql, { subscribedOn }: History, firstIssue: Date): Promise<Player> {
  const ids: Ids = {
    tenantId: uuidv7(), subscriptionId: subscribedOn === null ? null : uuidv7(), charges: [], payments: [], disputes: [],
  };
  await insertTenant(sql, ids, subscribedOn);
  let issues = 0;
  const nextIssue = () => new Date(firstIssue.getTime() + (issues += 1) * 1_000);
  const runOne = (command: Command) =>
    transaction(sql, (tx) => execute(tx, { ids, subscribedOn, issuedAt: nextIssue() }, command)).catch((error: unknown) => {
      if (!(error instanceof IllegalTransition)) throw error;
    });
  const periods = Array.from({ length: MAX_PERIODS }, (_, nth) => addMonths(subscribedOn ?? '2026-03-01', nth));
  return {
    tenantId: ids.tenantId,
    run: async (commands) => void (await Promise.all(commands.map(runOne))),
    observe: () => observe(sql, ids.tenantId, [
      ...ids.charges.map(({ id }) => ({ kind: 'charge', id, on: '-infinity' })),
      ...periods.map((on) => ({ kind: 'period', id: ids.subscriptionId ?? ids.tenantId, on })),
      ...ids.payments.map(({ id }) => ({ kind: 'payment', id, on: '-infinity' })),
    ]),
  };
}

async function insertTenant(sql: Sql, { tenantId, subscriptionId }: Ids, subscribedOn: string | null): Promise<void> {
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    values (${tenantId}, ${randomUUID()}, 'Taller', 'MX', 'MXN', 'America/Mexico_City', '2026-01-01')
  `;
  if (subscriptionId === null || subscribedOn === null) return;
  await sql`
    insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, created_at)
    values (${subscriptionId}, ${tenantId}, 'basic', 'monthly', 49900, 'MXN', ${subscribedOn}, '2026-01-01')
  `;
}

interface Scene {
  readonly ids: Ids;
  readonly subscribedOn: string | null;
  readonly issuedAt: Date;
}

async function execute(tx: Tx, scene: Scene, command: Command): Promise<void> {
  const { ids, issuedAt } = scene;
  switch (command.do) {
    case 'charge':
      return addCharge(tx, ids, command);
    case 'pay':
    case 'refund':
      return report(tx, ids, command);
    case 'dispute':
      return dispute(tx, ids, command);
    case 'decide':
      return decide(tx, ids, command);
    case 'bill':
      await issueMonthlyInvoices(tx, { tenants: { only: ids.tenantId }, month: `${command.month}-01`, issuedAt });
      return;
    case 'credit':
      return credit(tx, scene, command);
    case 'reissue':
      return reissue(tx, scene, command.invoice);
  }
}

type Of<Name extends Command['do']> = Extract<Command, { readonly do: Name }>;

async function addCharge(tx: Tx, { tenantId, charges }: Ids, { kind, minor, day }: Of<'charge'>): Promise<void> {
  const id = uuidv7();
  const amount = { minor: BigInt(minor), currency: 'MXN' };
  await insertCharges(tx, [{ id, tenantId, kind, sourceId: randomUUID(), amount, occurredAt: at(day) }], { clicks: 5, addresses: 20 });
  charges.push({ id, kind, minor, day });
}

async function report(tx: Tx, { tenantId, payments }: Ids, command: Of<'pay'> | Of<'refund'>): Promise<void> {
  const nth = command.do === 'pay' ? payments.length : command.payment;
  const payment = payments[nth];
  const currency = command.do === 'pay' ? command.currency : payment?.currency;
  if (currency === undefined) return;
  const paymentId = `${tenantId}-${nth}`;
  const occurredAt = command.do === 'pay' ? at(command.day) : undefined;
  const facts = { paymentId, tenantId, subscriptionId: null, amountMinor: command.minor, currency, occurredAt };
  const message: PaymentReport = command.do === 'pay'
    ? { type: 'payment.captured', data: facts }
    : { type: 'payment.refunded', data: { ...facts, refundId: command.name } };
  await recordReport(tx, { provider: 'sandpay', deliveryId: paymentId, report: message, receivedAt: RECEIVED_AT, hashKey: 'x' });
  if (command.do === 'refund') return;
  const [row] = await tx<{ id: string }[]>`select id from payment where provider_payment_id = ${paymentId}`;
  payments.push({ id: row?.id ?? '', currency });
}

async function dispute(tx: Tx, { tenantId, charges, payments, disputes }: Ids, { about, nth }: Of<'dispute'>): Promise<void> {
  const [chargeId, paymentId] = about === 'charge' ? [charges[nth]?.id, undefined] : [undefined, payments[nth]?.id];
  const isForeign = about === 'payment' && payments[nth]?.currency !== 'MXN';
  if ((chargeId ?? paymentId) === undefined || isForeign) return;
  const [row] = await tx<{ minor: string }[]>`
    select amount_minor as minor from performance_charge where id = ${chargeId ?? null}
    union all
    select amount_minor from payment where id = ${paymentId ?? null}
  `;
  const amount = { minor: BigInt(row?.minor ?? 0), currency: 'MXN' };
  const target = { tenantId, chargeId: chargeId ?? null, paymentId: paymentId ?? null, amount };
  const { dispute: opened } = openDispute({ ...target, id: uuidv7(), reason: 'x', actorUserId: tenantId }, at('2026-03-01'));
  if (await insertDispute(tx, opened)) disputes.push(opened.id);
}

async function decide(tx: Tx, { tenantId, disputes }: Ids, { dispute: nth, outcome, day }: Of<'decide'>): Promise<void> {
  const open = await findDisputeToChange(tx, disputes[nth] ?? tenantId);
  if (open === undefined) return;
  await saveResolution(tx, resolveDispute(open, { outcome, operatorUserId: tenantId }, at(day)).dispute);
}

async function find(tx: Tx, { tenantId }: Ids, { month, age }: InvoiceName) {
  const [row] = await tx<{ id: string }[]>`
    select id from invoice
    where tenant_id = ${tenantId} and kind = 'invoice' and period_start = ${`${month}-01`}
    order by place desc
    offset ${age}
    limit 1
  `;
  return row && findInvoiceToCredit(tx, row.id);
}

async function credit(tx: Tx, scene: Scene, { invoice: name, line, billAgain }: Of<'credit'>): Promise<void> {
  const invoice = await find(tx, scene.ids, name);
  if (invoice === undefined) return;
  const position = line === null ? null : positionOf(invoice, scene, line);
  if (position === undefined) return;
  const note = creditInvoice(invoice, { id: uuidv7(), reason: 'x', position, billAgain }, scene.issuedAt);
  await insertCreditNote(tx, note);
}

function positionOf(invoice: KeptInvoice, { ids, subscribedOn }: Scene, { of, nth }: LineName): number | undefined {
  const charge = ids.charges[nth];
  const period = subscribedOn === null ? undefined : addMonths(subscribedOn, nth);
  const index = invoice.lines.findIndex(({ kind, detail, unit, startsOn, sourceId }) => {
    if (of === 'dispute') return kind === 'dispute' && sourceId === ids.disputes[nth];
    if (of === 'period') return kind === 'subscription' && startsOn === period;
    const isAlike = detail === charge?.kind && unit === BigInt(charge.minor) && startsOn === `${charge.day.slice(0, 7)}-01`;
    return kind === 'charge' && isAlike;
  });
  return index < 0 ? undefined : index + 1;
}

async function reissue(tx: Tx, { ids, issuedAt }: Scene, name: InvoiceName): Promise<void> {
  const old = await find(tx, ids, name);
  if (old === undefined || old.creditedBy === null) return;
  const issued = await issueMonthlyInvoices(tx, { tenants: { only: ids.tenantId }, month: old.periodStart, issuedAt });
  const [corrected] = issued.length === 0 ? [] : await tx`select from invoice where id = ${issued[0]?.id ?? ''} and replaces = ${old.id}`;
  if (corrected === undefined) throw new IllegalTransition('There is nothing to issue in its place.');
}
