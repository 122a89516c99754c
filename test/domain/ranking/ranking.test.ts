import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareRanked, componentsOf, DEMAND, demandOf, type ListingFacts, PENALTY, scoreOf, type TenantFacts, WEIGHTS, WHOLE,
} from '../../../src/domain/ranking/ranking.ts';
import { id } from '../../support/facts.ts';

const tenant: TenantFacts = {
  reputation: null, reviews: 0, verifiedReviews: 0, answered: 0, medianResponseSeconds: null, unanswered: 0,
  completedTickets: 0, lostDisputes: 0, hiddenListings: 0, bannedListings: 0,
};
const listing: ListingFacts = { demand: 0, userFlags: 0, operatorFlags: 0 };
const unknown = { reputation: 6_250, responseTime: 5_000, closedTickets: 0, verification: 5_000, demand: 0, penalty: 0 };

test.each<[string, Partial<TenantFacts>, Partial<ListingFacts>, Partial<typeof unknown>]>([
  ['nothing is known: the priors', {}, {}, {}],
  ['one star is nothing', { reputation: 1 }, {}, { reputation: 0 }],
  ['five stars are everything', { reputation: 5 }, {}, { reputation: 10_000 }],
  ['an answer at once', { answered: 1, medianResponseSeconds: 0 }, {}, { responseTime: 10_000 }],
  ['an answer within the hour is half', { answered: 3, medianResponseSeconds: 3_600 }, {}, { responseTime: 5_000 }],
  ['half of them left alone', { answered: 2, medianResponseSeconds: 0, unanswered: 2 }, {}, { responseTime: 5_000 }],
  ['nobody is ever answered', { unanswered: 1 }, {}, { responseTime: 0 }],
  ['ten tickets are half of a hundred', { completedTickets: 10 }, {}, { closedTickets: 5_196 }],
  ['a hundred tickets', { completedTickets: 100 }, {}, { closedTickets: 10_000 }],
  ['a thousand tickets are no more', { completedTickets: 1_000 }, {}, { closedTickets: 10_000 }],
  ['half of the reviews verified', { reviews: 4, verifiedReviews: 2 }, {}, { verification: 7_500 }],
  ['twenty views are half', {}, { demand: 20 }, { demand: 5_000 }],
  ['a user’s flag', {}, { userFlags: 1 }, { penalty: 500 }],
  ['a crowd’s flags weigh like five', {}, { userFlags: 500 }, { penalty: 2_500 }],
  ['an operator’s flag', {}, { operatorFlags: 1 }, { penalty: 2_000 }],
  ['disputes and moderation', { lostDisputes: 2, hiddenListings: 1, bannedListings: 1 }, {}, { penalty: 3_000 }],
  ['the worst of tenants', { bannedListings: 99 }, { operatorFlags: 99 }, { penalty: PENALTY.atMost }],
])('%s', (_what, ofTenant, ofListing, components) => {
  expect(componentsOf({ ...tenant, ...ofTenant }, { ...listing, ...ofListing })).toEqual({ ...unknown, ...components });
});

test('a visit is worth half after a week, and next to nothing when it is forgotten', () => {
  const week = DEMAND.halfLifeDays * 86_400;
  expect(demandOf('view', 0)).toBe(1);
  expect(demandOf('view', week)).toBeCloseTo(0.5, 12);
  expect(demandOf('whatsapp-click', 2 * week)).toBeCloseTo(5 / 4, 12);
  expect(demandOf('view', DEMAND.days * 86_400)).toBeCloseTo(1 / 256, 12);
});

test('the weights are a hundred together, so all at their best are a thousand points', () => {
  expect(Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)).toBe(100);
  const best = { reputation: WHOLE, responseTime: WHOLE, closedTickets: WHOLE, verification: WHOLE, demand: WHOLE, penalty: 0 };
  expect(scoreOf(best)).toBe(1_000_000);
  expect(scoreOf({ ...best, penalty: 2_500 })).toBe(750_000);
  expect(scoreOf({ ...best, demand: 0 })).toBe(750_000);
});

const count = fc.nat(300);
const facts = fc.record({
  reputation: fc.option(fc.double({ min: 1, max: 5, noNaN: true })), verifiedReviews: count, others: count,
  answered: count, wait: fc.nat(1e7), unanswered: count, completedTickets: count,
  lostDisputes: count, hiddenListings: count, bannedListings: count,
  demand: fc.double({ min: 0, max: 1e6, noNaN: true }), userFlags: count, operatorFlags: count,
}).map(({ verifiedReviews, others, wait, answered, demand, userFlags, operatorFlags, ...rest }) => ({
  ofTenant: {
    ...rest, answered, verifiedReviews, reviews: verifiedReviews + others,
    medianResponseSeconds: answered === 0 ? null : wait,
  },
  ofListing: { demand, userFlags, operatorFlags },
}));

test('whatever the facts, a component is between nothing and all, a score between 0 and 1,000 points', () => {
  fc.assert(fc.property(facts, ({ ofTenant, ofListing }) => {
    const components = componentsOf(ofTenant, ofListing);
    for (const share of [...Object.values(components), scoreOf(components) / 100]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(WHOLE);
    }
    expect(Object.values(components).every(Number.isInteger) && Number.isInteger(scoreOf(components))).toBe(true);
  }));
});

test('better facts never make a worse score, nor worse facts a better one', () => {
  fc.assert(fc.property(facts, ({ ofTenant, ofListing }) => {
    const score = (tenantBy: Partial<TenantFacts>, listingBy: Partial<ListingFacts> = {}) =>
      scoreOf(componentsOf({ ...ofTenant, ...tenantBy }, { ...ofListing, ...listingBy }));
    const now = score({});
    expect(score({ reputation: 5 })).toBeGreaterThanOrEqual(now);
    expect(score({ completedTickets: ofTenant.completedTickets + 1 })).toBeGreaterThanOrEqual(now);
    expect(score({}, { demand: ofListing.demand + 1 })).toBeGreaterThanOrEqual(now);
    expect(score({ unanswered: ofTenant.unanswered + 1 })).toBeLessThanOrEqual(now);
    expect(score({ lostDisputes: ofTenant.lostDisputes + 1 })).toBeLessThanOrEqual(now);
    expect(score({}, { userFlags: ofListing.userFlags + 1 })).toBeLessThanOrEqual(now);
  }));
});

test('the higher score stands first, of equals the one that was there first', () => {
  const places = [[2, 10], [3, 30], [1, 10], [4, 20]].map(([last = 0, score = 0]) => ({ listingId: id(last), score }));
  expect(places.toSorted(compareRanked).map(({ listingId }) => listingId)).toEqual([id(3), id(4), id(1), id(2)]);
});
