import { digestClosed } from '../events/digest-closed.ts';
import { defineJob } from '../kernel/jobs/job.ts';
import { closeDigests as close, saveDigestEvents } from '../notifications/decide/digests.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 100;
const TEXTS_SHOWN = 20;

/** Closes what was gathered for long enough, and has it told. */
export const closeDigests = defineJob<object>({
  name: 'close-digests', // lives in the ledger: never rename
  schedule: { everyMs: 5_000 },

  async run({ chunk, scheduledFor: occurredAt }) {
    await inParts(chunk, { name: 'part', atOnce: AT_ONCE }, async ({ tx, append }) => {
      const closed = await close(tx, { limit: AT_ONCE, texts: TEXTS_SHOWN });
      const told = closed.filter(({ count }) => count > 0);
      const events = told.map(({ id: digestId, userId, category, count, texts }) =>
        digestClosed({ occurredAt, lane: 'bulk', payload: { digestId, userId, category, count, texts: [...texts] } }));
      await saveDigestEvents(tx, told.map(({ id }) => id), await append(...events));
      return closed.length;
    });
  },
});
