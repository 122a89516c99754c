import { subscriptionStarted } from '../../events/subscription-started.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { addMonths, dayBefore, firstDayOf } from '../calendar-day.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { fromPlain, toPlain, type Money } from '../money.ts';

export const plans = Object.freeze(['basic', 'professional'] as const);
export type Plan = (typeof plans)[number];

export const periods = Object.freeze(['monthly', 'yearly'] as const);
export type Period = (typeof periods)[number];

/** A month's price in minor units, by plan and currency. A subscription keeps the price it began with. */
const MONTHLY: Readonly<Record<Plan, Readonly<Record<string, number>>>> = Object.freeze({
  basic: { COP: 8_900_000, EUR: 2_500, MXN: 49_900, USD: 2_700 },
  professional: { COP: 22_900_000, EUR: 6_500, MXN: 129_900, USD: 6_900 },
});

/** A year costs as much as this many months. */
const MONTHS_OF_A_YEAR = 10;

/** What a period of a plan costs; undefined where the plan has no price in the currency. */
export function priceOf({ plan, period }: Pick<Subscription, 'plan' | 'period'>, currency: string): Money | undefined {
  const monthly = MONTHLY[plan][currency];
  if (monthly === undefined) return undefined;
  return fromPlain({ minor: period === 'monthly' ? monthly : monthly * MONTHS_OF_A_YEAR, currency });
}

/** Currencies in which every plan has a price. */
export const planCurrencies: readonly string[] =
  Object.keys(MONTHLY.basic).filter((currency) => plans.every((plan) => MONTHLY[plan][currency] !== undefined));

/** What a tenant pays for, period by period. */
export interface Subscription {
  readonly id: string;
  readonly tenantId: string;
  readonly plan: Plan;
  readonly period: Period;
  readonly price: Money;
  /** Calendar day in the tenant's zone. */
  readonly startsOn: string;
  /** Its last day; null while it is active. */
  readonly endedOn: string | null;
  readonly createdAt: Date;
}

/** A tenant begins to pay for a plan. */
export function startSubscription(
  input: Omit<Subscription, 'endedOn' | 'createdAt'> & { readonly actorUserId: string },
  now: Date,
): { readonly subscription: Subscription; readonly events: readonly NewEvent[] } {
  const { actorUserId, ...begun } = input;
  const { id: subscriptionId, tenantId, plan, period, price, startsOn } = begun;
  const payload = { subscriptionId, tenantId, plan, price: toPlain(price), period, startsOn };
  const started = subscriptionStarted({ tenantId, actorUserId, occurredAt: now, payload });
  return { subscription: { ...begun, endedOn: null, createdAt: now }, events: [started] };
}

/** Calendar days in the tenant's zone, both included. */
export interface DayRange {
  readonly first: string;
  readonly last: string;
}

/** The months ahead in which a subscription may begin or end. */
const MONTHS_AHEAD = 12;

/** The author of a change of a subscription, and the tenant's billing state. */
export interface Changing {
  readonly today: string;
  readonly isOperator: boolean;
  readonly isLastMonthBilled: boolean;
}

/** The days on which a subscription may begin or end: a tenant changes no past day, an operator no billed month. */
export function changeRange({ today, isOperator, isLastMonthBilled }: Changing): DayRange {
  const last = addMonths(today, MONTHS_AHEAD);
  if (!isOperator) return { first: today, last };
  const month = firstDayOf(today);
  return { first: isLastMonthBilled ? month : addMonths(month, -1), last };
}

/**
 * Ends a subscription after a day. One that would begin later never begins.
 * @throws {IllegalTransition} when it has ended, or is to end already.
 */
export function endSubscription(subscription: Subscription, lastDay: string): Subscription {
  if (subscription.endedOn !== null) throw new IllegalTransition('The subscription has an end already.');
  const neverBegan = lastDay < subscription.startsOn;
  return { ...subscription, endedOn: neverBegan ? dayBefore(subscription.startsOn) : lastDay };
}
