import type { Job } from './job.ts';

/** What a deployment changes of jobs' times. */
export interface Times {
  /** Cron expressions by job; the others keep theirs. */
  readonly crons: Readonly<Record<string, string>>;
  /** On whose wall all of them are; without it, as declared. */
  readonly timeZone: string | undefined;
}

/** The jobs at a deployment's times. @throws when a name is no job's, or a job's that keeps a rhythm. */
export function reschedule<Ports>(jobs: readonly Job<Ports>[], { crons, timeZone }: Times): readonly Job<Ports>[] {
  const rhythmless = jobs.filter(({ schedule }) => 'cron' in schedule).map(({ name }) => name);
  const unknown = Object.keys(crons).filter((name) => !rhythmless.includes(name));
  if (unknown.length > 0) throw new Error(`JOB_CRONS: ${unknown.join(', ')} has no cron expression; there are ${rhythmless.join(', ')}`);
  return jobs.map((job) => {
    if (!('cron' in job.schedule)) return job;
    const schedule = { cron: crons[job.name] ?? job.schedule.cron, timeZone: timeZone ?? job.schedule.timeZone };
    return Object.freeze({ ...job, schedule });
  });
}
