import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { command } from '../api/command.ts';
import type { Api, ApiDeps } from '../api/context.ts';
import { line, uuid } from '../api/fields.ts';
import { invoiceView, toInvoice } from '../api/invoice-view.ts';
import { notFound } from '../api/problem.ts';
import { writeRoute } from '../api/route.ts';
import { creditInvoice, issued } from '../domain/invoicing.ts';
import { findInvoiceToCredit, insertCreditNote } from '../store/invoices.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';

const credit = writeRoute({
  path: '/backoffice/invoices/{id}/credit',
  summary: 'Take an invoice back with a credit note that mirrors it, once; the tenant reads the reason on it',
  params: z.object({ id: uuid }),
  body: z.strictObject({ reason: line(300) }),
  status: 201,
  answer: invoiceView,
});

/** The operators' path to corrections of invoices. */
export function creditInvoiceRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(credit, (c) => {
    const { id: invoiceId } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId, emit }) => {
      const invoice = await findInvoiceToCredit(tx, invoiceId);
      if (invoice === undefined) throw notFound();
      const note = await insertCreditNote(tx, creditInvoice(invoice, { id: uuidv7(), reason }, now));
      emit([issued(note)]);
      const [request, outcome] = [{ invoiceId, reason }, { creditNoteId: note.id, number: note.number }];
      await recordOperatorAction(tx, { operatorUserId, action: 'credit-invoice', request, outcome, traceId });
      return { status: 201, body: toInvoice({ ...note, creditsNumber: invoice.number, creditedBy: null }) };
    });
  });
}
