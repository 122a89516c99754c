import { performanceChargeCreated } from '../../events/performance-charge-created.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { fromPlain, toPlain, type Money } from '../money.ts';

export type ChargeKind = 'qualified-lead' | 'whatsapp-click' | 'closed-ticket';

/** The price list: minor units by kind and the tenant's currency. A charge keeps the price it was made with. */
const PRICES: Readonly<Record<ChargeKind, Readonly<Record<string, number>>>> = Object.freeze({
  'qualified-lead': { COP: 1_200_000, EUR: 350, MXN: 6_000, USD: 400 },
  'whatsapp-click': { COP: 90_000, EUR: 25, MXN: 450, USD: 30 },
  'closed-ticket': { COP: 2_400_000, EUR: 700, MXN: 12_000, USD: 800 },
});

/** Currencies in which every result has a price. */
export const chargeCurrencies: readonly string[] = Object.keys(PRICES['qualified-lead'])
  .filter((currency) => Object.values(PRICES).every((prices) => prices[currency] !== undefined));

/** What a result costs; undefined where the list has no price in the currency, and the result is free. */
export function chargeFor(kind: ChargeKind, currency: string): Money | undefined {
  const minor = PRICES[kind][currency];
  return minor === undefined ? undefined : fromPlain({ minor, currency });
}

/** What a tenant owes for one result. */
export interface PerformanceCharge {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: ChargeKind;
  /** The lead or ticket, or the event of the click: with the kind it is charged once. */
  readonly sourceId: string;
  readonly amount: Money;
  readonly occurredAt: Date;
}

/** A click's listing and the keyed hashes of who clicked. */
export interface Click {
  readonly listingId: string;
  readonly visitorHash: string;
  readonly ipHash: string;
}

/** A charge with what it is for, where that is a click. */
export interface NewCharge extends PerformanceCharge {
  readonly click?: Click | undefined;
}

/** Hours for which a click's charge is held: the night after its day has looked at it by then. */
export const CLICK_HOLD_HOURS = 48;

/** Decisions about a charge that waits for an operator. */
export type HoldVerdict = 'charge' | 'strike';

/** The event of a new charge. */
export function charged({ id: chargeId, tenantId, kind, sourceId, amount, occurredAt }: PerformanceCharge): NewEvent {
  const payload = { chargeId, tenantId, kind, sourceId, amount: toPlain(amount) };
  return performanceChargeCreated({ tenantId, occurredAt, payload });
}
