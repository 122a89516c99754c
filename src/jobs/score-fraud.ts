import { suspect } from '../domain/fraud/fraud-case.ts';
import { defineJob } from '../kernel/jobs/job.ts';
import { addAmbassadorAttributions } from '../store/fraud/case-attributions.ts';
import { openCases } from '../store/fraud/fraud-cases.ts';
import { saveLinks } from '../store/fraud/fraud-links.ts';
import { forgetScores, listSuspects, saveScores } from '../store/fraud/fraud-scores.ts';
import { strikeForgedClicks } from '../store/fraud/strike-clicks.ts';
import { daysOf } from './days-of.ts';

const PARTS = 4; // each looks through the month's clicks, so more parts cost more and lose less when one fails

/** Scores tenants, ambassadors and reviewers by what they did, and opens a case for each that a person should look at. */
export const scoreFraud = defineJob<object>({
  name: 'score-fraud', // lives in the ledger: never rename
  schedule: { cron: '0 3 * * *', timeZone: 'America/Mexico_City' },
  covers: 'day before',
  catchUp: 'latest',

  async run({ chunk, period, timeZone, scheduledFor: at, log }) {
    const { last: day } = daysOf(period, timeZone);
    const { end } = period;
    for (const kind of ['instrument', 'ip'] as const) {
      await chunk(`links by ${kind}`, ({ tx }) => saveLinks(tx, kind, { day, end }));
    }
    for (const subject of ['tenant', 'ambassador', 'reviewer'] as const) {
      for (let part = 0; part < PARTS; part += 1) {
        await chunk(`${subject} ${part + 1} of ${PARTS}`, async ({ tx, append }) => {
          const some = { day, end, timeZone, part, parts: PARTS };
          await saveScores(tx, subject, some);
          const opened = await openCases(tx, { subject, at, suspects: await listSuspects(tx, subject, some) });
          if (subject === 'ambassador') await addAmbassadorAttributions(tx, some);
          await append(...opened.map(suspect));
          if (opened.length > 0) log.info({ subject, opened: opened.length }, 'fraud cases opened');
        });
      }
    }
    await chunk('forged clicks', async ({ tx }) => {
      const struck = await strikeForgedClicks(tx, { day, end, timeZone, at });
      if (struck > 0) log.info({ struck }, 'charges for forged clicks struck out');
    });
    await chunk('old scores', ({ tx }) => forgetScores(tx, day));
  },
});
