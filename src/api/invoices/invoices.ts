import { createRoute, z } from '@hono/zod-openapi';
import { findStanding } from '../../store/invoices/accounts.ts';
import { findInvoice, type KeptInvoice, listInvoices } from '../../store/invoices/invoices.ts';
import { actsFor } from '../http/access.ts';
import { answerOf } from '../http/answers.ts';
import type { Caller } from '../http/auth.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { invoiceDocument, languages } from './invoice-document.ts';
import { invoiceHtml } from './invoice-html.ts';
import { invoicePdf } from './invoice-pdf.ts';
import { listedInvoiceView, standingInvoiceView, toListedInvoice, toStandingInvoice } from './invoice-view.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound } from '../http/problem.ts';
import { type Declared, none, readRoute } from '../http/route.ts';

const params = z.object({ id: uuid });

const list = readRoute({
  path: '/tenants/{id}/invoices',
  id: 'listInvoices',
  summary: 'List the invoices of a tenant',
  description: 'Credit notes as well, newest first.',
  params,
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ invoices: z.array(listedInvoiceView), nextCursor: z.string().nullable() }),
});

const read = readRoute({
  path: '/invoices/{id}',
  id: 'getInvoice',
  summary: 'Get an invoice',
  description: 'An invoice or a credit note as it was issued, and how far it is paid.',
  params,
  query: none,
  answer: standingInvoiceView,
});

const query = z.strictObject({ lang: z.enum(languages).default('es') });

interface Form<Path extends string> extends Declared<Path> {
  readonly type: string;
}

/** The same in a form for people. */
function formRoute<const Path extends string>({ type, ...declared }: Form<Path>) {
  const route = readRoute({ ...declared, params, query, answer: z.string() });
  return createRoute({ ...route, responses: { ...route.responses, 200: answerOf(200, z.string(), { type }) } });
}

const asHtml = formRoute({
  path: '/invoices/{id}/html',
  id: 'getInvoiceHtml',
  summary: 'Get an invoice as a page',
  description: 'For reading and printing.',
  type: 'text/html',
});
const asPdf = formRoute({
  path: '/invoices/{id}/pdf',
  id: 'getInvoicePdf',
  summary: 'Get an invoice as a PDF',
  description: 'The same bytes each time.',
  type: 'application/pdf',
});

const CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'";
const PRIVATE = { 'Cache-Control': 'private, no-store' };

/** The invoices' paths. */
export function invoiceRoutes(api: Api, { sql }: Pick<ApiDeps, 'sql'>): void {
  /** @throws {Problem} 404 when it is none of the caller's. */
  async function findFor(caller: Caller, id: string): Promise<KeptInvoice> {
    const invoice = await findInvoice(sql, id);
    if (invoice === undefined || !maySee(caller, invoice.tenantId)) throw notFound();
    return invoice;
  }

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    if (!maySee(c.get('caller'), tenantId)) throw notFound();
    const scope = `invoices of ${tenantId}`;
    const rows = await listInvoices(sql, tenantId, { before: endOf(scope, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ invoices: page.map(toListedInvoice), nextCursor }, 200);
  });

  api.openapi(read, async (c) => {
    const invoice = await findFor(c.get('caller'), c.req.valid('param').id);
    return c.json(toStandingInvoice(invoice, await findStanding(sql, invoice)), 200);
  });

  api.openapi(asHtml, async (c) => {
    const invoice = await findFor(c.get('caller'), c.req.valid('param').id);
    const page = invoiceHtml(invoiceDocument(invoice, c.req.valid('query').lang));
    return c.html(page, 200, { ...PRIVATE, 'Content-Security-Policy': CSP }) as never;
  });

  api.openapi(asPdf, async (c) => {
    const invoice = await findFor(c.get('caller'), c.req.valid('param').id);
    const pdf = await invoicePdf(invoiceDocument(invoice, c.req.valid('query').lang));
    return c.body(pdf, 200, {
      ...PRIVATE, 'Content-Type': 'application/pdf', 'Content-Disposition': `inline; filename="${invoice.number}.pdf"`,
    }) as never;
  });
}

const maySee = (caller: Caller, tenantId: string) => actsFor(caller, tenantId) || caller.roles.has('backoffice:read');
