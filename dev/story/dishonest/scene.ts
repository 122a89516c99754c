import { scoreFraud } from '../../../src/jobs/score-fraud.ts';
import { periodOf, previousSlot } from '../../../src/kernel/jobs/schedule.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import type { Person } from '../../demo/people.ts';
import type { Mailbox } from '../../sandbox/mailbox.ts';
import type { PaymentProvider } from '../../sandbox/payment-provider.ts';
import { castPerson } from '../cast.ts';
import type { StoryClient } from '../client.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;

/** The system in which dishonest people try their schemes, and the operators who run it honestly. */
export interface Scene {
  readonly client: StoryClient;
  readonly provider: PaymentProvider;
  readonly mailbox: Pick<Mailbox, 'messages'>;
  readonly sql: Sql;
  /** The first midnight of the story, UTC. */
  readonly start: Date;
  readonly now: Date;
  readonly operators: readonly [Person, Person];
}

/** A verified Mexican business with listings in a zone of its own. */
export interface Shop {
  readonly tenantId: string;
  readonly owner: Person;
  readonly listingIds: readonly string[];
}

export const castOne = (title: string): Person => castPerson(title, Math.random);

export const asUser = (as: Person) => ({ as, claims: { roles: ['user'] } });
export const asTenant = ({ owner, tenantId }: Shop) => ({ as: owner, claims: { roles: ['tenant'], tenantId } });
export const asOperator = (as: Person) => ({ as, claims: { roles: ['backoffice:write'] } });
export const asFrontEnd = (as: Person) => ({ as, claims: { roles: ['frontend'] } });

/** Returns the last day, in Mexico City, that the antifraud jobs have looked at or will look at next. */
export function lastJudgedDay(now: Date): { readonly start: Date; readonly end: Date } {
  const { schedule, covers } = scoreFraud;
  return periodOf(schedule, covers, previousSlot(schedule, now));
}

/** Founds a shop on the story's first morning. */
export async function openShop({ client, start, operators: [operator] }: Scene, name: string, listings = 1): Promise<Shop> {
  const owner = castOne(`owner of ${name}`);
  const at = (minutes: number) => new Date(start.getTime() + minutes * MINUTE_MS);
  const home = { country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City' };
  const { id: tenantId } = await client.post({
    ...asUser(owner), at: at(1), path: '/tenants', body: { name, ...home, contact: owner.contact },
  });
  await client.post({
    ...asOperator(operator), at: at(2), path: `/tenants/${tenantId}/verify`,
    body: { evidence: { kind: 'tax-certificate', reference: name } },
  });
  const own = asTenant({ tenantId, owner, listingIds: [] });
  const branch = await client.post({
    ...own, at: at(3), path: `/tenants/${tenantId}/branches`,
    body: { zone: name.replaceAll(' ', '-'), address: 'Calle 1', latitude: 19, longitude: -99 },
  });
  const listingIds: string[] = [];
  for (let listing = 0; listing < listings; listing += 1) {
    const body = { title: `${name}, offer ${listing}`, category: 'locks', branchId: branch.id };
    listingIds.push((await client.post({ ...own, at: at(4), path: `/tenants/${tenantId}/listings`, body })).id);
  }
  return { tenantId, owner, listingIds };
}

/** Has both operators send a request that moves money. */
export async function sendByBoth(
  { client, operators }: Scene, request: { readonly at: Date; readonly path: string; readonly body: object },
): Promise<void> {
  for (const operator of operators) await client.post({ ...asOperator(operator), ...request });
}

/** Counts how often each status was answered. */
export function countStatuses(answers: readonly { readonly status: number }[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
