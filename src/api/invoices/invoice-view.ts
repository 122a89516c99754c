import { z } from '@hono/zod-openapi';
import type { InvoiceLine } from '../../domain/invoices/invoicing.ts';
import { toNearestPlain, toPlain } from '../../domain/money.ts';
import type { InvoiceStanding } from '../../store/invoices/accounts.ts';
import type { KeptInvoice, ListedInvoice } from '../../store/invoices/invoices.ts';
import { uuid } from '../http/fields.ts';
import { moneyView } from '../http/money-fields.ts';

const fields = {
  id: uuid,
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string().openapi({ example: 'MX-2026-000123' }),
  tenantId: uuid,
  tenantName: z.string(),
  country: z.string(),
  periodStart: z.iso.date(),
  periodEnd: z.iso.date(),
  issuedOn: z.iso.date(),
  issuedAt: z.iso.datetime(),
  net: moneyView,
  tax: moneyView,
  total: moneyView,
  credits: uuid.nullable().openapi({ description: 'The invoice that a credit note takes back' }),
  creditsPosition: z.int().nullable().openapi({ description: 'The one line that it takes back; null: the whole invoice' }),
  creditedBy: uuid.nullable().openapi({ description: 'The credit note that took the whole invoice back' }),
  replaces: uuid.nullable().openapi({ description: 'The credited invoice in whose place a corrected one stands' }),
  reason: z.string().nullable(),
};

const lineView = z.object({
  position: z.int().openapi({ description: 'From 1' }),
  kind: z.enum(['subscription', 'charge', 'dispute', 'tax']),
  detail: z.string(),
  sourceId: uuid.nullable(),
  startsOn: z.iso.date(),
  endsOn: z.iso.date(),
  quantity: z.int(),
  unit: moneyView.openapi({ description: 'Of a tax: what the rate is taken of' }),
  rateBasisPoints: z.int(),
  amount: moneyView,
});

const standingView = z
  .object({
    credited: moneyView.openapi({ description: 'What its credit notes took back' }),
    paid: moneyView.openapi({ description: 'What payments and credits of its tenant pay of the rest, the oldest invoice first' }),
    due: moneyView,
  })
  .openapi('InvoiceStanding');

/** An invoice in a list. */
export const listedInvoiceView = z.object(fields).openapi('ListedInvoice');

/** An invoice with its lines. */
export const invoiceView = z.object({ ...fields, lines: z.array(lineView) }).openapi('Invoice');

/** The same, and how far it is paid by now. */
export const standingInvoiceView = invoiceView
  .extend({ standing: standingView.nullable().openapi({ description: 'As of now; null for a credit note' }) })
  .openapi('StandingInvoice');

export function toListedInvoice(invoice: ListedInvoice) {
  const { net, tax, total, currency, id, kind, number, tenantId, tenantName, country, ...rest } = invoice;
  const { periodStart, periodEnd, issuedOn, issuedAt, credits, creditsPosition, creditedBy, replaces, reason } = rest;
  const plain = (minor: bigint) => toPlain({ minor, currency });
  return {
    id, kind, number, tenantId, tenantName, country, periodStart, periodEnd, issuedOn, issuedAt,
    net: plain(net), tax: plain(tax), total: plain(total), credits, creditsPosition,
    creditedBy, replaces, reason,
  };
}

export function toInvoice(invoice: KeptInvoice) {
  const plain = (minor: bigint) => toPlain({ minor, currency: invoice.currency });
  const toLine = ({ unit, amount, basisPoints: rateBasisPoints, ...line }: InvoiceLine, index: number) => {
    const { kind, detail, sourceId, startsOn, endsOn, quantity } = line;
    const fields = { position: index + 1, kind, detail, sourceId, startsOn, endsOn, quantity };
    return { ...fields, unit: plain(unit), rateBasisPoints, amount: plain(amount) };
  };
  return { ...toListedInvoice(invoice), lines: invoice.lines.map(toLine) };
}

export function toStandingInvoice(invoice: KeptInvoice, standing: InvoiceStanding | undefined) {
  const plain = (minor: bigint) => toNearestPlain({ minor, currency: invoice.currency });
  const view = standing && { credited: plain(standing.credited), paid: plain(standing.paid), due: plain(standing.due) };
  return { ...toInvoice(invoice), standing: view ?? null };
}
