import { append } from '../../outbox/append.ts';
import type { JobMetrics } from '../../platform/job-metrics.ts';
import type { Logger } from '../../platform/log.ts';
import { classify, Unavailable } from '../../platform/unavailable.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { signal as reach } from '../../platform/signal.ts';
import { transaction } from '../../platform/transaction.ts';
import { holdPlan, savePlan } from './slot-plan.ts';
import {
  extendLock, failRun, finishRun, giveRunBack, hasOpenRuns, type Hold, readChunks, releaseLock, renewLock, saveChunk, takeLock,
} from './job-runs.ts';
import { backoffMs } from '../consumers/backoff.ts';
import { Permanent, RetryLater, toError } from '../../events/contract/errors.ts';
import { fingerprint } from '../fingerprint.ts';
import { periodZoneOf } from './job-period.ts';
import { type Job, type RunContext, RunLost, RunStopped } from './job.ts';
import { slotsBetween } from './schedule.ts';
import { GRACE_MS, type PeriodRun, takeSlot } from './take-slot.ts';

const PLANNED_AT_ONCE = 1_000;
const CHUNK_TIMEOUT_MS = 600_000;
const OUTAGE_MS = 300_000; // for a provider that does not say for how long it is unavailable
const RECONNECT_MS = 10_000; // for PostgreSQL, Redis and the document store: a fail-over takes seconds
const AGAIN_MS = 1_000; // after a deadlock, so that the other transaction has ended

export interface RunJobOptions<Ports> {
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  readonly metrics: JobMetrics;
  /** Who holds the lock, for the eye. */
  readonly worker: string;
  readonly leaseMs: number;
  readonly stop: AbortSignal;
  /** The clock of what a run writes; the process's own unless given. */
  readonly now?: () => Date;
  /** Called after each piece. */
  readonly onProgress?: (chunk: string) => void;
}

/**
 * Completes the job's ledger up to now, by the database's clock, and runs what is due, unless somebody else does.
 * Whenever and wherever it is called, no slot runs early, and none twice at once.
 */
export async function runJob<Ports>(job: Job<Ports>, options: RunJobOptions<Ports>): Promise<void> {
  const { sql, worker, leaseMs, stop } = options;
  while (await planJob(job, sql));
  if (stop.aborted || !(await hasOpenRuns(sql, job.name))) return;
  const hold = await takeLock(sql, { jobName: job.name, worker, leaseMs });
  if (hold === undefined) return;
  reach('job.held');
  const lost = new AbortController();
  const running = { ...options, hold, signal: AbortSignal.any([stop, lost.signal]), inPiece: false };
  const heartbeat = setInterval(() => {
    if (running.inPiece) return; // a piece of the run holds the lock's row, and extends the lease itself
    extendLock(sql, hold, leaseMs).then((isOurs) => isOurs || running.inPiece || lost.abort(), () => undefined);
  }, leaseMs / 3);
  try {
    while (await runNext(job, running));
  } finally {
    clearInterval(heartbeat);
    await releaseLock(sql, hold);
  }
}

/** Writes the slots since the last one into the ledger. Returns whether there may be more. */
function planJob<Ports>({ name, schedule, whenPaused }: Job<Ports>, sql: Sql): Promise<boolean> {
  return transaction(sql, async (tx) => {
    const plan = await holdPlan(tx, name);
    if (plan === undefined) return false;
    const { plannedUntil: after, now: until, isPaused } = plan;
    const slots = slotsBetween(schedule, { after, until, limit: PLANNED_AT_ONCE });
    const timeZone = 'cron' in schedule ? schedule.timeZone : undefined;
    if (slots.length > 0) await savePlan(tx, name, { slots, timeZone, areSkipped: isPaused && whenPaused === 'skip' });
    return slots.length === PLANNED_AT_ONCE;
  });
}

interface Running<Ports> extends RunJobOptions<Ports> {
  readonly hold: Hold;
  readonly signal: AbortSignal;
  /** Whether a transaction is open that nobody with a higher fence can be in. */
  inPiece: boolean;
}

/** Runs the next slot that is due; false when none is, or we are to stop. */
async function runNext<Ports>(job: Job<Ports>, running: Running<Ports>): Promise<boolean> {
  const { hold, log, metrics, signal } = running;
  if (signal.aborted) return false;
  const run = await held(running, (tx) => takeSlot(tx, hold, job)).catch(whenLost);
  if (run === undefined) return false;
  const told = log.child({ job: job.name, slot: run.scheduledFor, fence: String(hold.fence) });
  const beganAt = performance.now();
  try {
    await job.run(await contextOf(job, running, run));
    await held(running, (tx) => finishRun(tx, hold, run, GRACE_MS));
    metrics.ran(job.name, 'done', (performance.now() - beganAt) / 1_000);
    return true;
  } catch (thrown) {
    const error = toError(thrown);
    if (error instanceof RunLost || signal.aborted) {
      told.warn({ error }, 'run given up');
      await held(running, (tx) => giveRunBack(tx, hold, run)).catch(whenLost);
      return false;
    }
    const delayMs = delayOf(error);
    if (delayMs !== undefined) {
      told.warn({ error, delayMs }, 'run put off');
      const putOff = { reason: reasonOf(error), againMs: delayMs };
      await held(running, (tx) => giveRunBack(tx, hold, run, putOff)).catch(whenLost);
      return true;
    }
    const isFinal = error instanceof Permanent;
    const againMs = run.attempt < job.attempts && !isFinal ? backoffMs(run.attempt) : undefined;
    told.error({ error, attempt: run.attempt }, againMs === undefined ? 'slot has failed' : 'run failed');
    const reason = isFinal ? error.message : `${error.name} ${fingerprint(error).fingerprint}`;
    await held(running, (tx) => failRun(tx, hold, run, { reason, againMs })).catch(whenLost);
    metrics.ran(job.name, againMs === undefined ? 'failed' : 'retried', (performance.now() - beganAt) / 1_000);
    return true;
  }
}

/** Returns how long a slot waits that could not be run and costs no attempt; undefined for a failure. */
function delayOf(error: Error): number | undefined {
  if (error instanceof RetryLater) return error.delayMs;
  if (error instanceof Unavailable) return error.forMs ?? OUTAGE_MS;
  const found = classify(error);
  if (found === 'fault') return undefined;
  return found === 'unavailable' ? RECONNECT_MS : AGAIN_MS;
}

/** Returns why a slot waits: our own words, but of a driver's error the code only, for its message may quote a row. */
function reasonOf(error: Error): string {
  if (error instanceof RetryLater || error instanceof Unavailable) return error.message;
  return `unavailable: ${'code' in error ? String(error.code) : error.name}`;
}

const whenLost = (error: unknown): undefined => {
  if (!(error instanceof RunLost)) throw error;
};

/** One transaction that nobody with a higher fence can be in. */
async function held<Ports, T>(running: Running<Ports>, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { sql, hold, leaseMs } = running;
  running.inPiece = true;
  try {
    return await transaction(sql, async (tx) => {
      if (!(await extendLock(tx, hold, leaseMs))) throw new RunLost('somebody else holds the job now');
      const result = await work(tx);
      await renewLock(tx, hold, leaseMs);
      return result;
    }, { timeoutMs: CHUNK_TIMEOUT_MS });
  } finally {
    running.inPiece = false;
  }
}

async function contextOf<Ports>(job: Job<Ports>, running: Running<Ports>, { scheduledFor, isRequested, period, timeZone }: PeriodRun): Promise<RunContext<Ports>> {
  const { sql, ports, log, hold, signal, onProgress, now = () => new Date() } = running;
  const done = await readChunks(sql, job.name, scheduledFor);
  const origin = isRequested ? { lane: 'bulk' as const } : {};
  return {
    sql, ports, scheduledFor, signal, period, now,
    log: log.child({ job: job.name, slot: scheduledFor }),
    timeZone: periodZoneOf(job, timeZone),
    async chunk(name, work) {
      if (done.has(name)) return;
      if (signal.aborted) throw new RunStopped('the process is to stop');
      reach('job.chunk');
      await held(running, async (tx) => {
        await work({ tx, fence: hold.fence, append: (...events) => append(tx, ...events.map((event) => ({ event, origin }))) });
        await saveChunk(tx, hold, scheduledFor, name);
      });
      done.add(name);
      onProgress?.(name);
    },
  };
}
