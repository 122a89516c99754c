import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import { STANDARD } from '../month.ts';
import { asOperator, DAY_MS, HOUR_MS, lastJudgedDay, openShop, type Scene, sendByBoth, type Shop } from './scene.ts';

const STRAWS = 2;
const CARD = 'card of straws';

/** An ambassador whose tenants are straws that pay with the card of the ambassador's own shop. */
export interface Straws {
  readonly ambassadorUserId: string;
  readonly shops: readonly Shop[];
}

/** Brings straws and has them pay: before the night that sees the card, and after it for a commission. */
export async function bringStraws(scene: Scene): Promise<Straws> {
  const { start, end } = lastJudgedDay(scene.now);
  const own = await openShop(scene, 'shop of a straw man');
  const shops: Shop[] = [];
  for (let straw = 0; straw < STRAWS; straw += 1) shops.push(await openShop(scene, `straw ${straw}`));
  const ambassadorUserId = own.owner.userId;
  for (const shop of [own, ...shops]) await pay(scene, shop, new Date(end.getTime() - 5 * DAY_MS));
  for (const { tenantId } of shops) {
    await sendByBoth(scene, {
      at: start, path: `/backoffice/ambassadors/${ambassadorUserId}/attributions`,
      body: { tenantId, planId: STANDARD, startsOn: start.toISOString().slice(0, 10) },
    });
  }
  for (const shop of shops) await pay(scene, shop, new Date(end.getTime() + HOUR_MS));
  return { ambassadorUserId, shops };
}

async function pay({ provider }: Scene, { tenantId }: Shop, at: Date): Promise<void> {
  await provider.capture({ tenantId, amountMinor: 200_000, currency: 'MXN', instrument: CARD, occurredAt: at.toISOString() });
}

/**
 * Asks for the payout while the case is open, has both operators confirm the case, lets the straws pay once more, and
 * closes the payout when both have settled the case. Returns the number of answers other than expected.
 */
export async function exposeStraws(scene: Scene, { ambassadorUserId, shops }: Straws): Promise<number> {
  const { sql, now: at } = scene;
  const cases = await sql<{ id: string }[]>`
    select distinct case_id as id
    from fraud_case_attribution join attribution on attribution.id = attribution_id
    where ambassador_user_id = ${ambassadorUserId}
  `;
  const decide = async (step: 'resolve' | 'settle', body: object) => {
    for (const { id } of cases) await sendByBoth(scene, { at, path: `/backoffice/fraud-cases/${id}/${step}`, body });
  };
  const whileOpen = await closePayout(scene, ambassadorUserId);
  await decide('resolve', { verdict: 'confirmed', reason: 'straws' });
  for (const shop of shops) await pay(scene, shop, at);
  const whileConfirmed = await closePayout(scene, ambassadorUserId);
  await decide('settle', { reason: 'nothing is left' });
  const settled = await closePayout(scene, ambassadorUserId);
  return [whileOpen !== 409, whileConfirmed !== 409, settled !== 200].filter(Boolean).length;
}

/** Has both operators close the ambassador's payout up to today. Returns the status of the second answer. */
async function closePayout({ client, operators, now: at }: Scene, ambassadorUserId: string): Promise<number> {
  const today = lastJudgedDay(at).end.toISOString().slice(0, 10);
  const body = { ambassadorUserId, currency: 'MXN', periodStart: today, periodEnd: today };
  let status = 0;
  for (const operator of operators) {
    ({ status } = await client.ask({ ...asOperator(operator), at, path: '/backoffice/payout-cycles/close', body }));
  }
  return status;
}

/** Counts what the ambassador has: money in the commissions or in payouts, or an attribution that goes on. */
export async function checkStraws(sql: Sql, { ambassadorUserId, shops }: Straws, unexpected: number): Promise<Comparison> {
  const [row] = await sql<{ gained: number }[]>`
    select (
      (select count(*) from (
        select from commission where ambassador_user_id = ${ambassadorUserId}
        having sum(amount_minor) <> 0 or count(*) filter (where kind = 'payment') <> ${shops.length}
      ) as earned)
      + (select count(*) from payout_cycle
         where ambassador_user_id = ${ambassadorUserId} and (payable_minor <> 0 or carried_out_minor <> 0))
      + (select count(*) from attribution where ambassador_user_id = ${ambassadorUserId} and ends_on is null)
    )::integer as gained
  `;
  return { figure: 'ambassadors of straws', compared: shops.length, differences: unexpected + (row?.gained ?? 1) };
}
