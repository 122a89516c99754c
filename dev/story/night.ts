import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { periodOf, previousSlot } from '../../src/kernel/jobs/schedule.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import type { Person } from '../demo/people.ts';
import type { Stage } from '../stage.ts';
import { until } from '../until.ts';
import { castPerson } from './cast.ts';
import { checkFraud, type FraudCheck } from './check-fraud.ts';
import { checkVerdicts } from './check-verdicts.ts';
import type { StoryClient } from './client.ts';
import { plantRings } from './plant-rings.ts';
import { plotRings } from './rings.ts';

const RINGS_OF_A_KIND = 5;
const DEADLINE_MS = 120_000;

interface NightOptions {
  readonly stage: Stage;
  readonly client: StoryClient;
  readonly seed: number;
}

/**
 * Plants rings among those who are there, and has the last night's antifraud jobs run again. Operators confirm who earned
 * from themselves. Says what was found, and what everybody has then.
 */
export async function playNight({ stage: { sql }, client, seed }: NightOptions): Promise<FraudCheck> {
  const plot = plotRings({ rings: RINGS_OF_A_KIND, seed });
  const operator = castPerson('night operator', Math.random);
  const now = new Date();
  const { schedule, covers } = detectFraudPatterns;
  await plantRings(sql, plot, periodOf(schedule, covers, previousSlot(schedule, now)).end);
  for (const job of [scoreFraud, detectFraudPatterns]) {
    const slot = previousSlot(job.schedule, now);
    await client.post({
      as: operator, claims: { roles: ['backoffice:write'] }, at: now,
      path: `/backoffice/jobs/${job.name}/run`, body: { slot: slot.toISOString(), reason: 'the story’s night' },
    });
    await until(`${job.name} has run`, async () => {
      const [run] = await sql`select outcome from job_run where job_name = ${job.name} and scheduled_for = ${slot}`;
      return ['done', 'caught-up'].includes(String(run?.['outcome']));
    }, { deadlineMs: DEADLINE_MS });
  }
  const check = await checkFraud(sql, plot);
  await confirmCases({ sql, client, operators: [operator, castPerson('second night operator', Math.random)], now });
  return { ...check, comparisons: [...check.comparisons, ...(await checkVerdicts(sql, plot))] };
}

interface Confirming {
  readonly sql: Sql;
  readonly client: StoryClient;
  readonly operators: readonly Person[];
  readonly now: Date;
}

/** Two operators confirm each case of people who earned from themselves. */
async function confirmCases({ sql, client, operators, now }: Confirming): Promise<void> {
  const cases = await sql<{ id: string }[]>`
    select id from fraud_case where status = 'open' and id in (select case_id from fraud_case_attribution) order by id
  `;
  for (const { id } of cases) {
    for (const as of operators) {
      const body = { verdict: 'confirmed', reason: 'earned from themselves' };
      await client.post({ as, claims: { roles: ['backoffice:write'] }, at: now, path: `/backoffice/fraud-cases/${id}/resolve`, body });
    }
  }
}
