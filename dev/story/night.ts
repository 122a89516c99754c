import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { periodOf, previousSlot } from '../../src/kernel/schedule.ts';
import type { Stage } from '../stage.ts';
import { until } from '../until.ts';
import { castPerson } from './cast.ts';
import { checkFraud, type FraudCheck } from './check-fraud.ts';
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

/** Plants rings among those who are there, has the last night's antifraud jobs run again, and says what they found. */
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
  return checkFraud(sql, plot);
}
