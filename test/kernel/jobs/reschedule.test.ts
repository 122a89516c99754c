import { expect, test } from 'vitest';
import { defineJob } from '../../../src/kernel/jobs/job.ts';
import { reschedule } from '../../../src/kernel/jobs/reschedule.ts';

const run = async () => undefined;
const jobs = [
  defineJob<object>({ name: 'nightly', schedule: { cron: '0 3 * * *', timeZone: 'America/Mexico_City' }, run }),
  defineJob<object>({ name: 'rhythm', schedule: { everyMs: 5_000 }, run }),
];

test('a deployment changes times and zone, and a rhythm stays', () => {
  expect(reschedule(jobs, { crons: { nightly: '0 4 * * *' }, timeZone: 'Europe/Madrid' }).map(({ schedule }) => schedule)).toEqual([
    { cron: '0 4 * * *', timeZone: 'Europe/Madrid' }, { everyMs: 5_000 },
  ]);
  expect(reschedule(jobs, { crons: {}, timeZone: undefined }).map(({ schedule }) => schedule)).toEqual(jobs.map(({ schedule }) => schedule));
});

test('a name that is no such job’s is refused', () => {
  for (const name of ['nothing', 'rhythm']) {
    expect(() => reschedule(jobs, { crons: { [name]: '0 0 * * *' }, timeZone: undefined })).toThrow(`JOB_CRONS: ${name}`);
  }
});
