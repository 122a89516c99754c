import { describe, expect, test } from 'vitest';
import { approveQuote, asOf, MAX_TOTAL_MINOR, sendQuote, totalOf, type Quote } from '../../../src/domain/service/quote.ts';
import { id, now, tenant, ticket } from '../../support/facts.ts';

const validUntil = new Date('2026-03-08T12:00:00Z');
const lines = [
  { description: 'Mano de obra', quantity: 3, unitPriceMinor: 33_333 },
  { description: 'Tubo', quantity: 1, unitPriceMinor: 1 },
];
const offer = { id: id(7), lines, currency: 'MXN', validUntil, tenant, actorUserId: id(2) };

const sent = () => sendQuote(ticket, offer, now);

describe('a quote', () => {
  test.each([
    ['nothing', [], 0],
    ['a gift', [{ quantity: 5, unitPriceMinor: 0 }], 0],
    ['parts', lines, 100_000],
    ['the most there can be', [{ quantity: 1_000, unitPriceMinor: MAX_TOTAL_MINOR / 1_000 }], MAX_TOTAL_MINOR],
  ])('of %s comes to the sum of its lines', (_what, parts, total) => {
    expect(totalOf(parts.map((part) => ({ description: 'x', ...part })))).toBe(total);
  });

  test('is sent with its total, which its event tells', () => {
    const { quote, ticket: after, events } = sent();
    expect(quote).toMatchObject({ ticketId: ticket.id, totalMinor: 100_000, status: 'sent', sentAt: now });
    expect(after.status).toBe('quoted');
    expect(events.map(({ payload }) => payload)).toEqual([
      {
        quoteId: id(7), ticketId: ticket.id, customerUserId: ticket.customerUserId, tenantName: tenant.name,
        subject: ticket.subject, total: { minor: 100_000, currency: 'MXN' }, validUntil: '2026-03-08T12:00:00.000Z',
      },
    ]);
  });

  test('is approved by its customer, once', () => {
    const { quote, ticket: quoted } = sent();
    const approved = approveQuote(quote, { ticket: quoted, tenant }, now);
    expect(approved.quote).toMatchObject({ status: 'approved', approvedAt: now });
    expect(approved.ticket.status).toBe('approved');
    expect(approved.events).toMatchObject([
      { eventType: 'QuoteApproved', actorUserId: ticket.customerUserId, payload: { total: { minor: 100_000 } } },
    ]);
    const again = () => approveQuote(approved.quote, { ticket: approved.ticket, tenant }, now);
    expect(again).toThrow('The quote is approved.');
  });

  const at = (status: Quote['status'], time: Date) => asOf({ ...sent().quote, status }, time).status;
  test.each([
    ['sent', new Date(validUntil.getTime() - 1), 'sent'],
    ['sent', validUntil, 'expired'],
    ['approved', validUntil, 'approved'],
    ['superseded', validUntil, 'superseded'],
  ] as const)('that is %s is at %s %s', (status, time, expected) => {
    expect(at(status, time)).toBe(expected);
  });

  test.each([
    ['expired', { ...sent().quote }, validUntil],
    ['superseded', { ...sent().quote, status: 'superseded' as const }, now],
  ])('that is %s can’t be approved', (word, quote, time) => {
    const quoted = { ...ticket, status: 'quoted' } as const;
    expect(() => approveQuote(quote, { ticket: quoted, tenant }, time)).toThrow(`The quote is ${word}.`);
  });
});
