import { defineJob } from '../kernel/jobs/job.ts';
import { requestAgain } from '../notifications/send/request-again.ts';
import { releaseDue } from '../notifications/notifications.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 500;

/** Asks again for notifications that were held until now: for the end of quiet hours, or of a busy hour. */
export const releaseNotifications = defineJob<object>({
  name: 'release-notifications', // lives in the ledger: never rename
  schedule: { everyMs: 5_000 },

  async run({ chunk, scheduledFor }) {
    await inParts(chunk, { name: 'part', atOnce: AT_ONCE }, async ({ tx }) => {
      const due = await releaseDue(tx, AT_ONCE);
      await requestAgain(tx, due, { now: scheduledFor });
      return due.length;
    });
  },
});
