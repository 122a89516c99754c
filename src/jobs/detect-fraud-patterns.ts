import { DateTime } from 'luxon';
import { suspect } from '../domain/fraud-case.ts';
import { defineJob } from '../kernel/job.ts';
import { openCases } from '../store/fraud-cases.ts';
import { saveLinks } from '../store/fraud-links.ts';
import { findRings } from '../store/fraud-rings.ts';

const TIME_ZONE = 'America/Mexico_City';

/** Finds rings of owners, ambassadors and reviewers who share what strangers do not, and opens a case for each. */
export const detectFraudPatterns = defineJob<object>({
  name: 'detect-fraud-patterns', // lives in the ledger: never rename
  schedule: { cron: '0 4 * * *', timeZone: TIME_ZONE },
  covers: 'day before',
  catchUp: 'latest',

  async run({ chunk, period: { start, end }, scheduledFor: at, log }) {
    const day = DateTime.fromJSDate(start, { zone: TIME_ZONE }).toFormat('yyyy-MM-dd');
    for (const kind of ['instrument', 'phone', 'ip', 'visitor'] as const) {
      await chunk(`links by ${kind}`, ({ tx }) => saveLinks(tx, kind, { day, end }));
    }
    await chunk('rings', async ({ tx, append }) => {
      const opened = await openCases(tx, { subject: 'ring', at, suspects: await findRings(tx, day) });
      await append(...opened.map(suspect));
      if (opened.length > 0) log.info({ opened: opened.length }, 'fraud rings found');
    });
  },
});
