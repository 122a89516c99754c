import { suspect } from '../domain/fraud/fraud-case.ts';
import { defineJob } from '../kernel/jobs/job.ts';
import { addRingAttributions } from '../store/fraud/case-attributions.ts';
import { openCases } from '../store/fraud/fraud-cases.ts';
import { saveLinks } from '../store/fraud/fraud-links.ts';
import { findRings } from '../store/fraud/fraud-rings.ts';
import { daysOf } from './days-of.ts';

/** Finds rings of owners, ambassadors and reviewers who share what strangers do not, and opens a case for each. */
export const detectFraudPatterns = defineJob<object>({
  name: 'detect-fraud-patterns', // lives in the ledger: never rename
  schedule: { cron: '0 4 * * *', timeZone: 'America/Mexico_City' },
  covers: 'day before',
  catchUp: 'latest',

  async run({ chunk, period, timeZone, scheduledFor: at, log }) {
    const { last: day } = daysOf(period, timeZone);
    const { end } = period;
    for (const kind of ['instrument', 'phone', 'ip', 'visitor'] as const) {
      await chunk(`links by ${kind}`, ({ tx }) => saveLinks(tx, kind, { day, end }));
    }
    await chunk('rings', async ({ tx, append }) => {
      const opened = await openCases(tx, { subject: 'ring', at, suspects: await findRings(tx, { day, end }) });
      await addRingAttributions(tx);
      await append(...opened.map(suspect));
      if (opened.length > 0) log.info({ opened: opened.length }, 'fraud rings found');
    });
  },
});
