import { scoreOf } from '../domain/ranking/reputation.ts';
import { moderationActionTaken } from '../events/moderation-action-taken.ts';
import { reviewCreated } from '../events/review-created.ts';
import { defineReaction } from '../kernel/consumers/consumer.ts';
import { holdReputations, saveReputations } from '../store/ranking/reputations.ts';
import { readTallies } from '../store/service/reviews.ts';

/**
 * Keeps each tenant's reputation. An event says only whose to look at: the figure is made of the reviews as they stand,
 * so that neither the order of events nor a duplicate is of any matter.
 */
export const keepReputation = defineReaction({
  name: 'keep-reputation', // names its queue and its proofs: never rename
  replay: 'safe',
  on: [moderationActionTaken, reviewCreated],

  async handleBatch(events, { tx, now }) {
    const tenantIds = await holdReputations(tx, events.map(({ payload }) => payload.tenantId), now);
    const tallies = await readTallies(tx, tenantIds);
    await saveReputations(tx, tallies.map((tally) => ({ ...tally, score: scoreOf(tally) })), now);
  },
});
