import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { command, type CommandContext } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { standingInvoiceView, toStandingInvoice } from '../../api/invoices/invoice-view.ts';
import { notFound, unprocessable } from '../../api/http/problem.ts';
import { writeRoute } from '../../api/http/route.ts';
import { creditInvoice } from '../../domain/invoices/credit-note.ts';
import { IllegalTransition } from '../../domain/illegal-transition.ts';
import { issued } from '../../domain/invoices/invoicing.ts';
import { findStanding } from '../../store/invoices/accounts.ts';
import { findInvoice, findInvoiceToCredit, insertCreditNote, type KeptInvoice } from '../../store/invoices/invoices.ts';
import { issueMonthlyInvoices } from '../../store/invoices/monthly-invoices.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { assertDisinterested, awaitSecondOperator } from '../../api/http/second-operator.ts';

const MAX_LINES = 100_000;
const params = z.object({ id: uuid });

const credit = writeRoute({
  path: '/backoffice/invoices/{id}/credit',
  id: 'creditInvoice',
  summary: 'Credit an invoice',
  description:
    'Takes back what stands of an invoice, or of one line, with a credit note. The tenant reads the reason on ' +
    'it.',
  params,
  body: z.strictObject({
    reason: line(300),
    line: z.int().min(1).max(MAX_LINES).optional().openapi({ description: 'Position of the one line; absent: all of them' }),
    billAgain: z.boolean().optional().openapi({
      description: 'True when the same falls due again, for a corrected invoice; absent: true for an invoice, false for a line',
    }),
  }),
  status: 201,
  location: '/invoices/{id}',
  answer: standingInvoiceView,
  needsSecondOperator: true,
});

const reissue = writeRoute({
  path: '/backoffice/invoices/{id}/reissue',
  id: 'reissueInvoice',
  summary: 'Reissue an invoice',
  description: 'Issues a corrected invoice in the place of a credited one, with what fell due again.',
  params,
  body: z.strictObject({}),
  status: 201,
  location: '/invoices/{id}',
  answer: standingInvoiceView,
});

/** Registers the operators' corrections of invoices. */
export function creditInvoiceRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(credit, (c) => {
    const { id: invoiceId } = c.req.valid('param');
    const { reason, line: position = null, billAgain = position === null } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, now, traceId, emit } = context;
      const invoice = await findInvoiceToCredit(tx, invoiceId);
      if (invoice === undefined) throw notFound();
      if (position !== null && [undefined, 'tax'].includes(invoice.lines[position - 1]?.kind)) {
        throw unprocessable('/line', 'is not a line that can be credited; a tax is credited with the lines it is on');
      }
      const draft = creditInvoice(invoice, { id: uuidv7(), reason, position, billAgain }, now);
      const request = { invoiceId, reason, line: position, billAgain };
      const approval = { action: 'credit-invoice', request, tenantId: invoice.tenantId } as const;
      const waiting = await awaitSecondOperator(context, approval);
      if (waiting !== undefined) return waiting;
      const note = await insertCreditNote(tx, draft);
      emit([issued(note)]);
      const outcome = { creditNoteId: note.id, number: note.number };
      await recordOperatorAction(tx, { operatorUserId, action: 'credit-invoice', request, outcome, traceId });
      const names = { creditsNumber: invoice.number, replacesNumber: null, creditedBy: null };
      return { status: 201, body: toStandingInvoice({ ...note, ...names }, undefined) };
    });
  });

  api.openapi(reissue, (c) => {
    const { id: invoiceId } = c.req.valid('param');
    return command(c, deps, async (context) => {
      const corrected = await issueInPlaceOf(invoiceId, context);
      const request = { invoiceId };
      const outcome = { correctedId: corrected.id, number: corrected.number };
      const { tx, caller: { userId: operatorUserId }, traceId } = context;
      await recordOperatorAction(tx, { operatorUserId, action: 'reissue-invoice', request, outcome, traceId });
      return { status: 201, body: toStandingInvoice(corrected, await findStanding(tx, corrected)) };
    });
  });
}

/** @throws {Problem} 404 where there is no invoice; {IllegalTransition} where it stands, has a successor, or nothing is due. */
async function issueInPlaceOf(invoiceId: string, { tx, caller, now, emit }: CommandContext): Promise<KeptInvoice> {
  const old = await findInvoiceToCredit(tx, invoiceId);
  if (old === undefined) throw notFound();
  await assertDisinterested(tx, caller.userId, { tenantId: old.tenantId });
  if (old.creditedBy === null) throw new IllegalTransition('Only an invoice that was credited whole can be issued again.');
  const { tenantId, periodStart: month } = old;
  const invoices = await issueMonthlyInvoices(tx, { tenants: { only: tenantId }, month, issuedAt: now });
  emit(invoices.map(issued));
  const issuedInvoices = await Promise.all(invoices.map(({ id }) => findInvoice(tx, id)));
  const corrected = issuedInvoices.find((invoice) => invoice?.replaces === invoiceId);
  if (corrected === undefined) throw new IllegalTransition('Nothing of the invoice is due again, or a corrected invoice exists already.');
  return corrected;
}
