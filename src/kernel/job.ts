import type { Logger } from '../platform/log.ts';
import type { Sql } from '../platform/postgres.ts';

export interface JobContext {
  readonly sql: Sql;
  readonly log: Logger;
  readonly now: Date;
}

/** Something that is to be done again and again; any number of processes may do it at once, and twice is as good as once. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(context: JobContext): Promise<void>;
}

/** Declares a job. */
export function defineJob(job: Job): Job {
  return Object.freeze(job);
}
