import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { PRIOR, scoreOf } from '../../src/domain/ranking/reputation.ts';
import { moderationActionTaken } from '../../src/events/moderation-action-taken.ts';
import { reviewCreated } from '../../src/events/review-created.ts';
import { keepReputation } from '../../src/workers/keep-reputation.ts';
import { appDeps, json, signIn, verifiedTenant } from '../support/app.ts';
import { openNotifying } from '../support/notifying.ts';
import { replayAll } from '../support/replayed.ts';
import { made, reviewedTicket } from '../support/service.ts';

/** The consumer alone between the API and a database; `judge` writes reviews, `moderate` hides and restores them. */
async function open() {
  const world = await openNotifying([keepReputation]);
  const app = createApp(appDeps(world.sql));
  const tenant = await verifiedTenant(app);
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const { tenantId } = tenant;
  return {
    ...world, tenantId,
    judge: async (rating: number, verified = true) => {
      const { reviewId } = await reviewedTicket(app, { rating, verified, tenant });
      return reviewId;
    },
    moderate: (targetId: string, action: string) =>
      made(operator, '/backoffice/moderation', { target: 'review', targetId, action, reason: 'Insultos.' }),
    reputation: async () => json(await operator.get(`/tenants/${tenantId}/reputation`)),
    /** The ids of events of these types, as they lie in the outbox. */
    eventIds: async () => {
      const rows = await world.sql<{ id: string }[]>`
        select id from outbox_event where event_type in ('ReviewCreated', 'ModerationActionTaken') order by id
      `;
      return rows.map(({ id }) => id);
    },
  };
}

test('verified reviews weigh more, and hidden ones do not count until they are restored', async () => {
  const { tenantId, start, settle, judge, moderate, reputation } = await open();
  start();
  await judge(5);
  const bad = await judge(1, false);
  await settle();
  const both = scoreOf({ reviews: 2, stars: 6, verifiedReviews: 1, verifiedStars: 5 });
  expect(await reputation()).toEqual({ tenantId, score: both, reviews: 2, verifiedReviews: 1 });
  await moderate(bad, 'hide');
  await settle();
  const good = scoreOf({ reviews: 1, stars: 5, verifiedReviews: 1, verifiedStars: 5 });
  expect(await reputation()).toEqual({ tenantId, score: good, reviews: 1, verifiedReviews: 1 });
  await moderate(bad, 'restore');
  await settle();
  expect(await reputation()).toEqual({ tenantId, score: both, reviews: 2, verifiedReviews: 1 });
});

test('a tenant whose only review was banned is back at the prior', async () => {
  const { tenantId, start, settle, judge, moderate, reputation } = await open();
  start();
  const id = await judge(1);
  await settle();
  await moderate(id, 'ban');
  await settle();
  expect(await reputation()).toEqual({ tenantId, score: PRIOR.mean, reviews: 0, verifiedReviews: 0 });
});

test('events consumed backwards, one at a time, and again, come to the same', async () => {
  const { sql, relayOnce, queue, start, settle, deliverAgain, queuesEmpty, judge, moderate, reputation, eventIds } =
    await open();
  const ids = [await judge(5), await judge(2, false), await judge(1)];
  await moderate(String(ids[1]), 'hide');
  await moderate(String(ids[2]), 'hide');
  await moderate(String(ids[2]), 'restore');
  await relayOnce();
  await queue(keepReputation.name).drain();
  start();
  for (const eventId of (await eventIds()).toReversed()) {
    await deliverAgain(keepReputation.name, [eventId]);
    await queuesEmpty();
  }
  const expected = { score: scoreOf({ reviews: 2, stars: 6, verifiedReviews: 2, verifiedStars: 6 }), reviews: 2 };
  expect(await reputation()).toMatchObject(expected);
  const before = await sql`select * from tenant_reputation`;
  await deliverAgain(keepReputation.name, await eventIds());
  await queuesEmpty();
  await settle();
  expect(await sql`select * from tenant_reputation`).toEqual(before);
});

test('moderation of a listing, and a tenant that is not there, change nobody’s figure', async () => {
  const { sql, tenantId, start, settle, commit, judge, deadLetters } = await open();
  start();
  await judge(5);
  await settle();
  const score = async () => sql`select tenant_id, score, reviews, verified_reviews from tenant_reputation`;
  const before = await score();
  const facts = { occurredAt: new Date(), tenantId };
  const [target, ids] = ['listing', { actionId: randomUUID(), tenantId, targetId: randomUUID() }] as const;
  const nobody = randomUUID();
  await commit(
    moderationActionTaken({ ...facts, payload: { ...ids, target, action: 'hide', reason: 'Copia.' } }),
    reviewCreated({
      ...facts,
      payload: {
        reviewId: randomUUID(), ticketId: randomUUID(), tenantId: nobody, authorUserId: randomUUID(), rating: 1,
        verified: true,
      },
    }),
  );
  await settle();
  expect(await deadLetters()).toHaveLength(0);
  expect(await score()).toEqual(before);
});

test('a replay of what was consumed changes nothing', async () => {
  const { sql, ports, start, settle, judge, reputation } = await open();
  start();
  await judge(4);
  await settle();
  const before = await reputation();
  expect(await replayAll(sql, keepReputation, ports)).toEqual([]);
  expect(await reputation()).toEqual(before);
});
