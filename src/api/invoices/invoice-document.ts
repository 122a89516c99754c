import type { InvoiceLine } from '../../domain/invoices/invoicing.ts';
import { formatMoney } from '../../domain/money.ts';
import type { KeptInvoice } from '../../store/invoices/invoices.ts';

export const languages = ['es', 'en'] as const;
export type Language = (typeof languages)[number];

/** Everything that an invoice shows, in words: what it is made into adds no figure and no text. */
export interface InvoiceDocument {
  readonly lang: Language;
  readonly title: string;
  readonly number: string;
  readonly issuedAt: Date;
  readonly issuer: string;
  readonly recipient: { readonly label: string; readonly name: string; readonly country: string };
  /** Label and value. */
  readonly facts: readonly (readonly [string, string])[];
  /** What, how many, at what price, how much. */
  readonly columns: readonly [string, string, string, string];
  readonly rows: readonly InvoiceRow[];
  readonly sums: readonly (readonly [string, string])[];
  readonly total: readonly [string, string];
  readonly note: string;
  page(number: number, of: number): string;
}

export interface InvoiceRow {
  readonly what: string;
  readonly when: string;
  readonly quantity: string;
  readonly unit: string;
  readonly amount: string;
}

const ISSUER = 'TechMarket AI';

type Named = Readonly<Record<string, string>>;

interface Texts {
  readonly title: Readonly<Record<KeptInvoice['kind'], string>>;
  readonly labels: Readonly<Record<
    | 'recipient' | 'issuedOn' | 'period' | 'currency' | 'credits' | 'creditsLine' | 'replaces' | 'reason' | 'net' | 'total'
    | 'note', string
  >>;
  readonly columns: InvoiceDocument['columns'];
  /** What a line's detail is called, by its kind. */
  readonly named: Readonly<Record<Exclude<InvoiceLine['kind'], 'tax'>, Named>>;
  dispute(what: string): string;
  withdrawn(what: string): string;
  tax(name: string, rate: string, base: string): string;
  readonly noTax: string;
  page(number: number, of: number): string;
}

const TEXTS: Readonly<Record<Language, Texts>> = {
  es: {
    title: { invoice: 'Factura', 'credit-note': 'Nota de crédito' },
    labels: {
      recipient: 'Facturado a', issuedOn: 'Fecha de emisión', period: 'Período', currency: 'Moneda',
      credits: 'Anula la factura', creditsLine: 'Anula un concepto de la factura',
      replaces: 'Sustituye a la factura', reason: 'Motivo', net: 'Subtotal', total: 'Total',
      note: 'Una factura no se modifica: se corrige con una nota de crédito.',
    },
    columns: ['Concepto', 'Cantidad', 'Precio unitario', 'Importe'],
    named: {
      subscription: { basic: 'Suscripción Básica', professional: 'Suscripción Profesional' },
      charge: {
        'qualified-lead': 'Clientes potenciales calificados', 'whatsapp-click': 'Clics en WhatsApp',
        'closed-ticket': 'Tickets completados',
      },
      dispute: {
        'qualified-lead': 'cliente potencial', 'whatsapp-click': 'clic en WhatsApp', 'closed-ticket': 'ticket',
        payment: 'pago',
      },
    },
    dispute: (what) => `Reclamación resuelta a tu favor: ${what}`,
    withdrawn: (what) => `Abono retirado, porque se reembolsó o se corrigió: ${what}`,
    tax: (name, rate, base) => `${name} ${rate} sobre ${base}`,
    noTax: 'Impuestos: ninguno aplica en tu país',
    page: (number, of) => `Página ${number} de ${of}`,
  },
  en: {
    title: { invoice: 'Invoice', 'credit-note': 'Credit note' },
    labels: {
      recipient: 'Billed to', issuedOn: 'Date of issue', period: 'Period', currency: 'Currency',
      credits: 'Cancels invoice', creditsLine: 'Cancels one line of invoice', replaces: 'Replaces invoice',
      reason: 'Reason', net: 'Subtotal', total: 'Total',
      note: 'An invoice is never changed: it is corrected by a credit note.',
    },
    columns: ['Description', 'Quantity', 'Unit price', 'Amount'],
    named: {
      subscription: { basic: 'Basic subscription', professional: 'Professional subscription' },
      charge: {
        'qualified-lead': 'Qualified leads', 'whatsapp-click': 'WhatsApp clicks', 'closed-ticket': 'Completed tickets',
      },
      dispute: {
        'qualified-lead': 'lead', 'whatsapp-click': 'WhatsApp click', 'closed-ticket': 'ticket', payment: 'payment',
      },
    },
    dispute: (what) => `Dispute decided in your favour: ${what}`,
    withdrawn: (what) => `Credit withdrawn, as it was refunded or corrected: ${what}`,
    tax: (name, rate, base) => `${name} ${rate} of ${base}`,
    noTax: 'Taxes: none applies in your country',
    page: (number, of) => `Page ${number} of ${of}`,
  },
};

/** Puts an invoice into words. */
export function invoiceDocument(invoice: KeptInvoice, lang: Language): InvoiceDocument {
  const { number, kind, currency, issuedAt, issuedOn, tenantName: name, reason } = invoice;
  const { creditsNumber, creditsPosition, replacesNumber } = invoice;
  const { labels, title, columns, page } = TEXTS[lang];
  const money = (minor: bigint) => formatMoney({ minor, currency }, lang);
  const isTax = (line: InvoiceLine) => line.kind === 'tax';
  return {
    lang, number, columns, page, issuedAt, title: title[kind], issuer: ISSUER, note: labels.note,
    recipient: { label: labels.recipient, name, country: regionName(invoice.country, lang) },
    facts: [
      [labels.issuedOn, days(issuedOn, issuedOn, lang)],
      [labels.period, days(invoice.periodStart, invoice.periodEnd, lang)],
      [labels.currency, currency],
      ...(creditsNumber === null ? [] : [[creditsPosition === null ? labels.credits : labels.creditsLine, creditsNumber] as const]),
      ...(replacesNumber === null ? [] : [[labels.replaces, replacesNumber] as const]),
      ...(reason === null ? [] : [[labels.reason, reason] as const]),
    ],
    rows: invoice.lines.filter((line) => !isTax(line)).map((line) => toRow(line, { lang, money })),
    sums: [
      [labels.net, money(invoice.net)],
      ...invoice.lines.filter(isTax).map((line) => [taxText(line, { lang, money }), money(line.amount)] as const),
    ],
    total: [labels.total, money(invoice.total)],
  };
}

interface Wording {
  readonly lang: Language;
  money(minor: bigint): string;
}

function toRow(line: InvoiceLine, { lang, money }: Wording): InvoiceRow {
  const { named, dispute, withdrawn } = TEXTS[lang];
  const { kind, detail, amount } = line;
  const name = (kind === 'tax' ? undefined : named[kind][detail]) ?? detail;
  return {
    what: kind !== 'dispute' ? name : amount < 0n ? dispute(name) : withdrawn(name),
    when: days(line.startsOn, line.endsOn, lang),
    quantity: String(line.quantity),
    unit: money(line.unit),
    amount: money(line.amount),
  };
}

function taxText({ detail, basisPoints, unit }: InvoiceLine, { lang, money }: Wording): string {
  const { tax, noTax } = TEXTS[lang];
  if (basisPoints === 0) return noTax;
  const percent = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 2 });
  return tax(detail, percent.format(basisPoints / 10_000), money(unit));
}

const regionName = (country: string, lang: Language) =>
  new Intl.DisplayNames([lang], { type: 'region' }).of(country) ?? country;

/** A day, or from one to another. */
function days(first: string, last: string, lang: Language): string {
  const format = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: 'UTC' });
  return first === last ? format.format(new Date(first)) : format.formatRange(new Date(first), new Date(last));
}
