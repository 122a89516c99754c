import { digestClosed } from '../events/digest-closed.ts';
import { defineJob } from '../kernel/job.ts';
import { append } from '../outbox/append.ts';
import { transaction } from '../platform/transaction.ts';
import { closeDigests as close, saveDigestEvents } from '../store/digests.ts';

const AT_ONCE = 100;
const TEXTS_SHOWN = 20;

/** Closes what was gathered for long enough, and has it told. */
export const closeDigests = defineJob({
  name: 'close-digests',
  everyMs: 2_000,

  async run({ sql, now: occurredAt }) {
    const closeSome = () => transaction(sql, async (tx) => {
      const closed = await close(tx, { limit: AT_ONCE, texts: TEXTS_SHOWN });
      const told = closed.filter(({ count }) => count > 0);
      const events = told.map(({ id: digestId, userId, category, count, texts }) =>
        digestClosed({ occurredAt, payload: { digestId, userId, category, count, texts: [...texts] } }));
      const eventIds = await append(tx, ...events.map((event) => ({ event, origin: {} })));
      await saveDigestEvents(tx, told.map(({ id }) => id), eventIds);
      return closed.length;
    });
    while ((await closeSome()) === AT_ONCE);
  },
});
