import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import { asFrontEnd, asUser, castOne, DAY_MS, HOUR_MS, lastJudgedDay, openShop, type Scene } from './scene.ts';

const HONEST_DAYS = { first: 22, last: 10 } as const;
const NAMED = 500;
const FLOOD = 300;

/** The victim of bought clicks. */
export interface BoughtClicks {
  readonly tenantId: string;
  readonly since: Date;
  readonly until: Date;
  readonly sent: number;
  readonly honest: number;
}

const clicksOn = (listingId: string, count: number, ip?: string) => Array.from({ length: count }, () => ({
  listingId, kind: 'whatsapp-click', visitorId: randomUUID(), ip: ip ?? `10.${byte()}.${byte()}.${byte()}`,
}));

const byte = () => Math.floor(Math.random() * 256);

/** Buys clicks on a competitor's listing: with an ordinary token that invents visitors, and through the front end. */
export async function buyClicks(scene: Scene): Promise<BoughtClicks> {
  const { client, now } = scene;
  const { tenantId, listingIds } = await openShop(scene, 'rival of a click buyer', 2);
  const frontEnd = asFrontEnd(castOne('front end'));
  const post = (by: typeof frontEnd, at: Date, visits: object[]) => client.post({ ...by, at, path: '/analytics/visits', body: { visits } });
  let honest = 0;
  for (let day: number = HONEST_DAYS.first; day >= HONEST_DAYS.last; day -= 1) {
    const visits = listingIds.flatMap((listingId) => clicksOn(listingId, 1));
    await post(frontEnd, new Date(now.getTime() - day * DAY_MS), visits);
    honest += visits.length;
  }
  const { start, end } = lastJudgedDay(now);
  const at = new Date(start.getTime() + 12 * HOUR_MS);
  const [listingId = ''] = listingIds;
  for (const buyer of ['one', 'two', 'three']) await post(asUser(castOne(`click buyer ${buyer}`)), at, clicksOn(listingId, NAMED));
  await post(frontEnd, at, clicksOn(listingId, FLOOD, '203.0.113.7'));
  return { tenantId, since: start, until: end, sent: 3 * NAMED + FLOOD, honest };
}

/** Counts bought clicks that the victim owes, and honest ones that it does not owe. */
export async function checkClicks(sql: Sql, { tenantId, since, until, sent, honest }: BoughtClicks): Promise<Comparison> {
  const [row] = await sql<{ owed: number; usual: number; counted: number }[]>`
    select (count(*) filter (where is_bought and is_owed))::integer as owed,
           (count(*) filter (where not is_bought and is_owed))::integer as usual,
           (count(*) filter (where is_bought))::integer as counted
    from (
      select occurred_at >= ${since} and occurred_at < ${until} as is_bought,
             invoice_id is not null or (struck_at is null and held_until < 'infinity') as is_owed
      from performance_charge
      where tenant_id = ${tenantId} and kind = 'whatsapp-click'
    ) as click
  `;
  const { owed = 0, usual = 0, counted = 0 } = row ?? {};
  return { figure: 'bought clicks', compared: sent, differences: owed + Math.abs(usual - honest) + (counted === 0 ? 1 : 0) };
}
