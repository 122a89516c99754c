import { defineJob } from '../kernel/job.ts';
import { requestAgain } from '../notifications/request-again.ts';
import { transaction } from '../platform/transaction.ts';
import { releaseDue } from '../store/notifications.ts';

const AT_ONCE = 500;

/** Asks again for notifications that were held until now: for the end of quiet hours, or of a busy hour. */
export const releaseNotifications = defineJob({
  name: 'release-notifications',
  everyMs: 2_000,

  async run({ sql, now }) {
    const release = () => transaction(sql, async (tx) => {
      const due = await releaseDue(tx, AT_ONCE);
      await requestAgain(tx, due, now);
      return due.length;
    });
    while ((await release()) === AT_ONCE);
  },
});
