import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { approveQuote, asOf, MAX_TOTAL_MINOR, sendQuote, totalOf } from '../../domain/service/quote.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findQuote, insertQuote, listQuotes, saveApproval } from '../../store/service/quotes.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { findTicket, findTicketOfQuote, findTicketToChange, saveTicket } from '../../store/service/tickets.ts';
import { actsFor, maySee, seenBy } from '../http/access.ts';
import { assertAhead } from '../http/ahead.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { currency, instant, line, uuid } from '../http/fields.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const MAX_LINES = 100;

const quoteLine = z.strictObject({
  description: line(300),
  quantity: z.int().min(1).max(1_000_000),
  unitPriceMinor: z.int().min(0).max(MAX_TOTAL_MINOR).openapi({ description: 'In minor units of the currency.' }),
}).openapi('QuoteLine');

const quoteView = z
  .object({
    id: uuid,
    ticketId: uuid,
    lines: z.array(quoteLine),
    currency: z.string(),
    totalMinor: z.int(),
    validUntil: z.iso.datetime(),
    status: z.enum(['sent', 'superseded', 'expired', 'approved']),
    sentAt: z.iso.datetime(),
    approvedAt: z.iso.datetime().nullable(),
  })
  .openapi('Quote');

const send = writeRoute({
  path: '/tickets/{id}/quotes',
  id: 'createQuote',
  summary: 'Create a quote',
  description: 'Says what the ticket costs, in minor units of one currency. It supersedes the quote before.',
  params: z.object({ id: uuid }),
  body: z.strictObject({
    lines: z.array(quoteLine).min(1).max(MAX_LINES)
      .refine((lines) => totalOf(lines) <= MAX_TOTAL_MINOR, `must add up to at most ${MAX_TOTAL_MINOR} minor units`),
    currency,
    validUntil: instant,
  }),
  status: 201,
  location: '/quotes/{id}',
  answer: quoteView,
});

const approve = writeRoute({
  path: '/quotes/{id}/approve',
  id: 'approveQuote',
  summary: 'Approve a quote',
  description: 'Only the ticket’s customer can, until the quote expires.',
  params: z.object({ id: uuid }),
  body: z.strictObject({}),
  status: 200,
  answer: quoteView,
});

const show = readRoute({
  path: '/quotes/{id}',
  id: 'getQuote',
  summary: 'Get a quote',
  description: 'For the customer of its ticket, the tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: quoteView,
});

const list = readRoute({
  path: '/tickets/{id}/quotes',
  id: 'listQuotes',
  summary: 'List the quotes of a ticket',
  description: 'The latest ones, newest first, for the customer, the tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: z.object({ quotes: z.array(quoteView) }),
});

/** The quotes' paths. */
export function quoteRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(send, (c) => {
    const { id } = c.req.valid('param');
    const input = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const before = await findTicketToChange(tx, id);
      if (before === undefined || !actsFor(caller, before.tenantId)) throw notFound();
      assertAhead(input.validUntil, now, '/validUntil');
      const tenant = await findTenant(tx, before.tenantId);
      if (tenant === undefined) throw notFound();
      const offer = { ...input, id: uuidv7(), tenant, actorUserId: caller.userId };
      const { quote, ticket, events } = sendQuote(before, offer, now);
      await insertQuote(tx, quote);
      save(countUse(tx, deps.config.BOUNDS, { bound: 'quotes', subject: id, now }));
      await saveTicket(tx, ticket);
      emit(events);
      return { status: 201, body: quote };
    });
  });

  api.openapi(approve, (c) => {
    const { id } = c.req.valid('param');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      const before = await findTicketOfQuote(tx, id);
      if (before?.customerUserId !== caller.userId) throw notFound();
      const [sent, tenant] = [await findQuote(tx, id), await findTenant(tx, before.tenantId)];
      if (sent === undefined || tenant === undefined) throw notFound();
      const { quote, ticket, events } = approveQuote(sent, { ticket: before, tenant }, now);
      await saveApproval(tx, quote);
      await saveTicket(tx, ticket);
      emit(events);
      return { status: 200, body: quote };
    });
  });

  api.openapi(show, async (c) => {
    const quote = await findQuote(deps.sql, c.req.valid('param').id);
    const ticket = quote && (await findTicket(deps.sql, quote.ticketId));
    if (quote === undefined || ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    return c.json(seenBy(c.get('caller'), ticket, asOf(quote, new Date())), 200);
  });

  api.openapi(list, async (c) => {
    const ticket = await findTicket(deps.sql, c.req.valid('param').id);
    if (ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    const now = new Date();
    const quotes = (await listQuotes(deps.sql, ticket.id)).map((quote) => asOf(quote, now));
    return c.json({ quotes: seenBy(c.get('caller'), ticket, quotes) }, 200);
  });
}
