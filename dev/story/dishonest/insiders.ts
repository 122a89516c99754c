import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import { STANDARD } from '../month.ts';
import { asOperator, castOne, DAY_MS, openShop, type Scene } from './scene.ts';

/** People who may not earn from a tenant, and the answers to what they tried. */
export interface Insiders {
  readonly userIds: readonly string[];
  readonly answers: readonly { readonly status: number; readonly expected: number }[];
}

/** An owner who wants to be the own shop's ambassador, with both operators' help. */
export async function earnFromOwnShop(scene: Scene): Promise<Insiders> {
  const { client, provider, start, operators } = scene;
  const { tenantId, owner } = await openShop(scene, 'shop of an ambassador');
  const answers = [];
  for (const operator of operators) {
    const { status } = await client.ask({ ...asOperator(operator), at: start, path: pathOf(owner), body: termsOf(scene, tenantId) });
    answers.push({ status, expected: 422 });
  }
  await provider.capture({ ...paymentOf(scene, tenantId), instrument: 'card of an ambassador' });
  return { userIds: [owner.userId], answers };
}

/** An operator who attributes a tenant to himself and closes his own payout, then does both alone for a friend. */
export async function serveOneself(scene: Scene): Promise<Insiders> {
  const { client, provider, start } = scene;
  const { tenantId } = await openShop(scene, 'shop that an operator wants');
  const [operator, friend] = [castOne('greedy operator'), castOne('friend of an operator')];
  const answers: { status: number; expected: number }[] = [];
  const attempt = async (path: string, body: object, expected: number) => {
    const { status } = await client.ask({ ...asOperator(operator), at: start, path, body });
    answers.push({ status, expected });
  };
  const days = { currency: 'MXN', periodStart: day(start), periodEnd: day(start) };
  for (const [person, expected] of [[operator, 403], [friend, 202], [friend, 202]] as const) {
    await attempt(pathOf(person), termsOf(scene, tenantId), expected);
    await attempt('/backoffice/payout-cycles/close', { ambassadorUserId: person.userId, ...days }, expected);
  }
  await provider.capture({ ...paymentOf(scene, tenantId), instrument: 'card of a shop' });
  return { userIds: [operator.userId, friend.userId], answers };
}

const day = (at: Date) => at.toISOString().slice(0, 10);
const pathOf = ({ userId }: { readonly userId: string }) => `/backoffice/ambassadors/${userId}/attributions`;
const termsOf = ({ start }: Scene, tenantId: string) =>
  ({ tenantId, planId: STANDARD, startsOn: day(new Date(start.getTime() - DAY_MS)) });
const paymentOf = ({ start }: Scene, tenantId: string) =>
  ({ tenantId, amountMinor: 49_900, currency: 'MXN', occurredAt: new Date(start.getTime() + 3 * DAY_MS).toISOString() });

/** Counts answers other than expected, and what the people earn: attributions, commissions and payouts. */
export async function checkInsiders(sql: Sql, figure: string, { userIds, answers }: Insiders): Promise<Comparison> {
  const [row] = await sql<{ earned: number }[]>`
    select (
      (select count(*) from attribution where ambassador_user_id = any(${userIds}::uuid[]))
      + (select count(*) from commission where ambassador_user_id = any(${userIds}::uuid[]))
      + (select count(*) from payout_cycle where ambassador_user_id = any(${userIds}::uuid[]))
    )::integer as earned
  `;
  const wrong = answers.filter(({ status, expected }) => status !== expected).length;
  return { figure, compared: answers.length, differences: wrong + (row?.earned ?? 1) };
}
