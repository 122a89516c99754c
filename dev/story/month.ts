import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import { periodOf, previousSlot } from '../../src/kernel/jobs/schedule.ts';
import type { Person } from '../demo/people.ts';
import type { PaymentProvider } from '../sandbox/payment-provider.ts';
import { type Actor, castActors, castPerson } from './cast.ts';
import type { StoryClient } from './client.ts';
import { dayOf } from './day.ts';

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const AT_ONCE = 8;
const TENANTS_PER_AMBASSADOR = 6;
/** The commission plans that the migrations bring; the second one's cap is in MXN. */
export const STANDARD = '5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d01';
const FOUNDERS = '5f0c2a1e-7f3b-4c58-9d3e-2b6a1c9e4d02';

export interface MonthOptions {
  readonly client: StoryClient;
  readonly provider: PaymentProvider;
  readonly tenants: number;
  readonly days: number;
  readonly seed: number;
  /** The first midnight of the story, UTC. */
  readonly start: Date;
  readonly onDay: (done: number) => void;
}

/** Everything a day of the story works with. */
export interface Setting extends MonthOptions {
  readonly operator: Person;
  /** Confirms what moves money. */
  readonly secondOperator: Person;
  readonly customers: readonly Person[];
}

/** Returns the first midnight, UTC, of the last month whose invoices were due to be issued: all its slots have come. */
export function findLastBilledMonth(now: Date): Date {
  const { schedule, covers } = issueInvoices;
  const { start } = periodOf(schedule, covers, previousSlot(schedule, now));
  return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), 1));
}

/** Plays a month: everybody settles in on the first morning, then day after day the businesses side by side. */
export async function playMonth(options: MonthOptions): Promise<void> {
  const { tenants, days, seed, start, onDay } = options;
  const actors = castActors(tenants, seed);
  const [first] = actors;
  if (first === undefined) return;
  const customers = Array.from({ length: tenants * 4 }, (_, number) => castPerson(`customer ${number}`, first.random));
  const ambassadors = Array.from({ length: Math.ceil(tenants / TENANTS_PER_AMBASSADOR) }, (_, number) => castPerson(`ambassador ${number}`, first.random));
  const setting: Setting = { ...options, operator: castPerson('operator', first.random), secondOperator: castPerson('second operator', Math.random), customers };
  await inLanes(ambassadors, (ambassador) =>
    options.client.post({ as: ambassador, claims: { roles: ['user'] }, at: start, path: '/users/me/contact', body: ambassador.contact }),
  );
  await inLanes(actors, (actor) => settle(setting, actor, ambassadors[actor.number % (ambassadors.length + 1)]));
  for (let day = 0; day < days; day += 1) {
    await inLanes(actors, (actor) => dayOf(setting, actor, day));
    onDay(day + 1);
  }
}

/** A business joins, is verified, perhaps through an ambassador, opens and subscribes. */
async function settle({ client, operator, secondOperator, start }: Setting, actor: Actor, ambassador: Person | undefined): Promise<void> {
  const { owner, home, zone, trade, random, number } = actor;
  const at = (minutes: number) => new Date(start.getTime() + minutes * MINUTE_MS);
  const asOperator = { as: operator, claims: { roles: ['backoffice:write'] } };
  const name = `${trade} ${zone} ${number}`;
  const { id } = await client.post({ as: owner, claims: { roles: ['user'] }, at: at(1), path: '/tenants', body: { name, ...home, contact: owner.contact } });
  actor.tenantId = id;
  const own = { as: owner, claims: { roles: ['tenant'], tenantId: id } };
  await client.post({ ...asOperator, at: at(2), path: `/tenants/${id}/verify`, body: { evidence: { kind: 'tax-certificate', reference: `doc-${number}` } } });
  if (ambassador !== undefined) {
    const planId = home.currency === 'MXN' && number % 2 === 0 ? FOUNDERS : STANDARD;
    const body = { tenantId: id, planId, startsOn: at(-1_440).toISOString().slice(0, 10) };
    for (const as of [operator, secondOperator]) {
      await client.post({ ...asOperator, as, at: at(3), path: `/backoffice/ambassadors/${ambassador.userId}/attributions`, body });
    }
  }
  const place = { zone, address: `Calle ${number}`, latitude: 20 + random(), longitude: -90 + random() };
  const branch = await client.post({ ...own, at: at(4), path: `/tenants/${id}/branches`, body: place });
  for (let listing = 0; listing <= Math.floor(random() * 2); listing += 1) {
    const body = { title: `${trade}, offer ${listing}`, category: trade, branchId: branch.id };
    actor.listingIds.push((await client.post({ ...own, at: at(5), path: `/tenants/${id}/listings`, body })).id);
  }
  const plan = random() < 0.6 ? 'basic' : 'professional';
  const subscription = { plan, period: 'monthly', startsOn: start.toISOString().slice(0, 10) };
  actor.subscriptionId = (await client.post({ ...own, at: at(6), path: `/tenants/${id}/subscriptions`, body: subscription })).id;
}

/** Does something for each, a few side by side. */
export async function inLanes<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

