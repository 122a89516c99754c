import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import { asFrontEnd, asOperator, asTenant, asUser, castOne, HOUR_MS, lastJudgedDay, openShop, type Scene } from './scene.ts';

const PRAISES = 5;
const MINUTE_MS = 60_000;
const VISITS = 20;

/** An owner who praises the own shop, and the reviews of a friend who helps. */
export interface Praised {
  readonly tenantId: string;
  readonly ownerUserId: string;
  readonly friendUserId: string;
  readonly attempts: number;
  /** Requests of the owner that should have been refused and were not. */
  readonly accepted: number;
}

/** Lets an owner visit, hire and praise the own shop: alone, and with a friend who approves quotes of nothing. */
export async function praiseOwnShop(scene: Scene): Promise<Praised> {
  const shop = await openShop(scene, 'shop of a braggart');
  const { tenantId, owner } = shop;
  let minutes = 0;
  const { start } = lastJudgedDay(scene.now);
  const next = () => new Date(start.getTime() + 6 * HOUR_MS + (minutes += 1) * MINUTE_MS);
  await visitOwn(scene, shop, next);
  const { client } = scene;
  const body = { tenantId, subject: 'Own work', description: 'For myself.', contact: owner.contact };
  const answers = [];
  for (let ticket = 0; ticket < PRAISES; ticket += 1) {
    answers.push(await client.ask({ ...asUser(owner), at: next(), path: '/tickets', body }));
  }
  const friend = castOne('friend of a braggart');
  for (let ticket = 0; ticket < PRAISES; ticket += 1) {
    const opened = await client.post({ ...asUser(friend), at: next(), path: '/tickets', body: { ...body, contact: friend.contact } });
    const path = `/tickets/${opened.id}`;
    const quote = await client.post({
      ...asTenant(shop), at: next(), path: `${path}/quotes`,
      body: {
        lines: [{ description: 'Nothing', quantity: 1, unitPriceMinor: 0 }], currency: 'MXN',
        validUntil: new Date(next().getTime() + 24 * HOUR_MS).toISOString(),
      },
    });
    await client.post({ ...asUser(friend), at: next(), path: `/quotes/${quote.id}/approve`, body: {} });
    await client.post({ ...asTenant(shop), at: next(), path: `${path}/close`, body: { outcome: 'completed' } });
    answers.push(await client.ask({ ...asUser(owner), at: next(), path: `${path}/reviews`, body: { rating: 5, text: 'Great' } }));
    await client.post({ ...asUser(friend), at: next(), path: `${path}/reviews`, body: { rating: 5, text: 'Great' } });
  }
  const accepted = answers.filter(({ status }) => status < 400).length;
  return { tenantId, ownerUserId: owner.userId, friendUserId: friend.userId, attempts: answers.length + PRAISES + 3 * VISITS, accepted };
}

/** Visits and leads of the owner, by every token that an owner may have, and as the front end reports the owner. */
async function visitOwn({ client }: Scene, shop: Awaited<ReturnType<typeof openShop>>, next: () => Date): Promise<void> {
  const { tenantId, owner, listingIds: [listingId] } = shop;
  for (const by of [asUser(owner), asTenant(shop), asFrontEnd(castOne('front end of a braggart'))]) {
    const visits = Array.from({ length: VISITS }, (_, nth) => ({
      listingId, kind: nth % 2 === 0 ? 'view' : 'whatsapp-click', visitorId: owner.userId, ip: `10.9.8.${nth}`,
    }));
    await client.post({ ...by, at: next(), path: '/analytics/visits', body: { visits } });
  }
  for (const by of [asUser(owner), asTenant(shop)]) {
    const contact = { name: 'Me', email: owner.contact.email };
    const lead = await client.post({ ...by, at: next(), path: `/tenants/${tenantId}/leads`, body: { source: 'form', contact } });
    await client.post({ ...asTenant(shop), at: next(), path: `/leads/${lead.id}/status`, body: { status: 'contacted' } });
  }
}

/** Hides, as an operator who reads the night's cases does, what a suspect reviewer wrote about the shop. */
export async function hideSuspectReviews({ client, sql, now, operators: [operator] }: Scene, { tenantId }: Praised): Promise<void> {
  const reviews = await sql<{ id: string }[]>`
    select review.id
    from review join fraud_case on subject_kind = 'reviewer' and subject_id = author_user_id
    where tenant_id = ${tenantId} and fraud_case.status = 'open'
  `;
  for (const { id: targetId } of reviews) {
    const body = { target: 'review', targetId, action: 'hide', reason: 'a friend of the owner' };
    await client.post({ ...asOperator(operator), at: now, path: '/backoffice/moderation', body });
  }
}

/**
 * Counts what the owner gained: accepted requests, verified or own reviews, a reputation above nobody's, counted visits,
 * a rank for demand or response times, and tickets of the friend that cost the tenant nothing.
 */
export async function checkPraise(sql: Sql, { tenantId, ownerUserId, attempts, accepted }: Praised): Promise<Comparison> {
  const [row] = await sql<{ gained: number }[]>`
    select (
      (select count(*) from review where tenant_id = ${tenantId} and (verified or author_user_id = ${ownerUserId}))
      + (select count(*) from ticket where tenant_id = ${tenantId} and customer_user_id = ${ownerUserId})
      + (select count(*) from tenant_reputation where tenant_id = ${tenantId} and (score > 3.5 or verified_reviews > 0))
      + (select count(*) from listing_visit visit join listing on listing.id = listing_id where tenant_id = ${tenantId})
      + (select count(*) from ranking
         where tenant_id = ${tenantId} and generation = (select max(generation) from ranking) and (demand > 0 or response_time <> 5000))
      + (case when exists (select from ranking where tenant_id = ${tenantId}) then 0 else 1 end)
      + (select count(*) from ticket
         where tenant_id = ${tenantId} and outcome = 'completed' and not exists (
           select from performance_charge charge where charge.source_id = ticket.id and amount_minor > 0
         ))
    )::integer as gained
  `;
  return { figure: 'own praise', compared: attempts, differences: accepted + (row?.gained ?? 1) };
}
