import { expect, test } from 'vitest';
import { PRIOR, scoreOf, VERIFIED_FACTOR } from '../../../src/domain/ranking/reputation.ts';

const tally = (reviews: number, stars: number, verifiedReviews = 0, verifiedStars = 0) =>
  ({ reviews, stars, verifiedReviews, verifiedStars });

test.each([
  ['nobody’s judgement is the prior', tally(0, 0), PRIOR.mean],
  ['one five is not yet a five', tally(1, 5), 3.75],
  ['one verified five counts twice', tally(1, 5, 1, 5), 3.929],
  ['one verified one counts twice', tally(1, 1, 1, 1), 2.786],
  ['a five and a verified one', tally(2, 6, 1, 1), 3.063],
  ['many fives are nearly a five', tally(1_000, 5_000), 4.993],
] as const)('%s', (_what, judged, score) => {
  expect(scoreOf(judged)).toBe(score);
});

test('a verified review counts as that many others of the same stars', () => {
  expect(scoreOf(tally(3, 12, 3, 12))).toBe(scoreOf(tally(3 * VERIFIED_FACTOR, 12 * VERIFIED_FACTOR)));
});
