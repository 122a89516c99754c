import { v7 as uuidv7 } from 'uuid';
import { chargeFor, charged, type NewCharge } from '../domain/invoices/performance-charge.ts';
import { leadStatusChanged } from '../events/lead-status-changed.ts';
import { ticketClosed } from '../events/ticket-closed.ts';
import { whatsAppClicked } from '../events/whatsapp-clicked.ts';
import { defineReaction } from '../kernel/consumers/consumer.ts';
import type { EventOf } from '../events/contract/event.ts';
import { insertCharges, readCurrencies } from '../store/invoices/performance-charges.ts';
import type { Ports } from './ports.ts';

const heard = [leadStatusChanged, ticketClosed, whatsAppClicked] as const;
type Heard = EventOf<(typeof heard)[number]>;

/** Charges tenants for results, each once: a lead that was qualified, a ticket that was completed, a click. */
export const chargeForPerformance = defineReaction<Ports, typeof heard>({
  name: 'charge-for-performance', // names its queue and its proofs: never rename
  replay: 'safe',
  on: heard,

  async handleBatch(events, { tx, ports, append }) {
    const currencies = await readCurrencies(tx, events.flatMap(({ tenantId }) => tenantId ?? []));
    const owed = events.flatMap((event) => {
      const charge = chargeOf(event, currencies);
      return charge === undefined ? [] : { event, charge };
    });
    const inserted = await insertCharges(tx, owed.map(({ charge }) => charge), ports.clickBounds);
    for (const { event, charge } of owed) {
      if (inserted.has(charge.id)) append(event, charged(charge));
    }
  },
});

/** What an event costs its tenant; undefined where it is no result, or free in the tenant's currency. */
function chargeOf(event: Heard, currencies: ReadonlyMap<string, string>): NewCharge | undefined {
  const { tenantId, occurredAt } = event;
  const result = resultOf(event);
  const currency = currencies.get(tenantId ?? '');
  if (tenantId === undefined || result === undefined || currency === undefined) return undefined;
  const amount = chargeFor(result.kind, currency);
  return amount && { id: uuidv7(), tenantId, ...result, amount, occurredAt };
}

function resultOf(event: Heard): Pick<NewCharge, 'kind' | 'sourceId' | 'click'> | undefined {
  switch (event.eventType) {
    case 'LeadStatusChanged':
      if (event.payload.to !== 'qualified') return undefined;
      return { kind: 'qualified-lead', sourceId: event.payload.leadId };
    case 'TicketClosed':
      if (event.payload.outcome !== 'completed') return undefined;
      return { kind: 'closed-ticket', sourceId: event.payload.ticketId };
    case 'WhatsAppClicked':
      return { kind: 'whatsapp-click', sourceId: event.eventId, click: event.payload }; // a click has no other id
  }
}
