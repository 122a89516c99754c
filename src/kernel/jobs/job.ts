import type { NewEvent } from '../../events/contract/event.ts';
import type { Logger } from '../../platform/log.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import type { Covers, Period, Schedule } from './schedule.ts';

/** What a piece of a run is given: one transaction, which no run with an older fence can be in. */
export interface ChunkContext {
  readonly tx: Tx;
  readonly fence: bigint;
  /** Adds events that commit with the piece or not at all. */
  append(...events: readonly NewEvent[]): Promise<readonly string[]>;
}

/** What a run is given. */
export interface RunContext<Ports> {
  /** For reading. What a run writes it writes in a `chunk`. */
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** The time of the slot. Rules take their period from here, never from a clock. */
  readonly scheduledFor: Date;
  /** Returns the time, for what bears the day on which it is written. */
  now(): Date;
  /** The time to cover: from the end of the last period that was run. It may hold several days or months. */
  readonly period: Period;
  /** The zone on whose wall the period's days and months begin. */
  readonly timeZone: string;
  /** Aborts when the process is to stop or the lock is lost. */
  readonly signal: AbortSignal;
  /**
   * Does a piece of the run in one transaction, once: a run that is resumed passes over what is done.
   * @throws {RunLost} when somebody else holds the job now, and nothing was written.
   * @throws {RunStopped} when the process is to stop; another goes on from here.
   */
  chunk(name: string, work: (context: ChunkContext) => Promise<void>): Promise<void>;
}

/** Something that the clock starts. */
export interface Job<Ports> {
  /** Lives in the ledger: never rename it. */
  readonly name: string;
  readonly schedule: Schedule;
  readonly covers: Covers;
  /** The zone on whose wall its periods begin, where that is not its schedule's. */
  readonly periodZone?: string | undefined;
  /** Which of the slots that passed while nobody worked are run. */
  readonly catchUp: 'all' | 'latest' | 'skip';
  /** What becomes of a slot whose time comes while another is at work. */
  readonly overlap: 'queue' | 'skip';
  /** The fate of slots that come due while the job is paused: skipped, or held and run when it is resumed. */
  readonly whenPaused: 'skip' | 'hold';
  /** Failures until a slot has failed. */
  readonly attempts: number;
  /** Throws `Permanent` for what no attempt will change and `RetryLater` for what takes its time; either says why, for the ledger. */
  run(context: RunContext<Ports>): Promise<void>;
}

type Declared<Ports> = Pick<Job<Ports>, 'name' | 'schedule' | 'run'> & Partial<Job<Ports>>;

/** Declares a job. */
export function defineJob<Ports>(declared: Declared<Ports>): Job<Ports> {
  const { covers = 'since the last', catchUp = 'latest', overlap = 'queue', whenPaused = 'skip', attempts = 5 } = declared;
  return Object.freeze({ ...declared, covers, catchUp, overlap, whenPaused, attempts });
}

/** Somebody else holds the job: this run may write no more. */
export class RunLost extends Error {
  override readonly name = 'RunLost';
}

/** The process stops between two pieces of a run. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
}
