import { z } from '@hono/zod-openapi';
import type { InvoiceLine } from '../domain/invoicing.ts';
import { toPlain } from '../domain/money.ts';
import type { KeptInvoice, ListedInvoice } from '../store/invoices.ts';
import { uuid } from './fields.ts';
import { moneyView } from './money-fields.ts';

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
  creditedBy: uuid.nullable().openapi({ description: 'The credit note that took an invoice back' }),
  reason: z.string().nullable(),
};

const lineView = z.object({
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

/** An invoice in a list. */
export const listedInvoiceView = z.object(fields).openapi('ListedInvoice');

/** An invoice with its lines. */
export const invoiceView = z.object({ ...fields, lines: z.array(lineView) }).openapi('Invoice');

export function toListedInvoice(invoice: ListedInvoice) {
  const { net, tax, total, currency, id, kind, number, tenantId, tenantName, country, ...rest } = invoice;
  const { periodStart, periodEnd, issuedOn, issuedAt, credits, creditedBy, reason } = rest;
  const plain = (minor: bigint) => toPlain({ minor, currency });
  return {
    id, kind, number, tenantId, tenantName, country, periodStart, periodEnd, issuedOn, issuedAt,
    net: plain(net), tax: plain(tax), total: plain(total), credits, creditedBy, reason,
  };
}

export function toInvoice(invoice: KeptInvoice) {
  const plain = (minor: bigint) => toPlain({ minor, currency: invoice.currency });
  const toLine = ({ unit, amount, basisPoints: rateBasisPoints, ...line }: InvoiceLine) =>
    ({ ...line, unit: plain(unit), rateBasisPoints, amount: plain(amount) });
  return { ...toListedInvoice(invoice), lines: invoice.lines.map(toLine) };
}
