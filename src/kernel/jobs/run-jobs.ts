import type { Job as AlarmJob } from 'bullmq';
import { type AlarmQueue, openAlarmWorker } from '../../platform/alarms.ts';
import { lockForWhile } from '../../platform/locks.ts';
import type { Redis } from '../../platform/redis.ts';
import { every } from '../../platform/every.ts';
import type { Job } from './job.ts';
import { runJob, type RunJobOptions } from './run-job.ts';
import { nextSlot } from './schedule.ts';

const WATCH_MS = 10_000;
const SILENT_MS = 60_000; // an alarm that should have rung so long ago will not

export interface RunJobsOptions<Ports> extends Omit<RunJobOptions<Ports>, 'stop' | 'onProgress'> {
  readonly redis: Redis;
  readonly prefix: string;
  readonly alarms: AlarmQueue;
  readonly watchMs?: number;
}

/**
 * Runs jobs until closed; closing lets the piece at hand end. An alarm says only that it may be worth looking: what is
 * due, the ledger knows, so alarms may be early, late, double or lost. The watchdog looks by itself.
 */
export function runJobs<Ports>(jobs: readonly Job<Ports>[], options: RunJobsOptions<Ports>): { close(): Promise<void> } {
  const { redis, prefix, alarms, log, metrics, leaseMs, watchMs = WATCH_MS } = options;
  const stop = new AbortController();
  const running = new Set<string>();

  /** In this process a job runs once at a time, and in Redis one look saves the others theirs. */
  async function look(job: Job<Ports>, alarm?: AlarmJob): Promise<void> {
    if (running.has(job.name) || stop.signal.aborted) return;
    running.add(job.name);
    try {
      const onProgress = (chunk: string) => void alarm?.updateProgress({ chunk }).catch(() => undefined);
      await runJob(job, { ...options, stop: stop.signal, onProgress });
    } finally {
      running.delete(job.name);
    }
  }

  const worker = openAlarmWorker(
    async (alarm) => {
      const job = jobs.find(({ name }) => name === alarm.name);
      if (job !== undefined) await look(job, alarm);
    },
    { redis, prefix, lockMs: leaseMs, concurrency: Math.max(1, jobs.length), onError: (error) => log.debug({ error }, 'alarms reported an error') },
  );
  void worker.run();

  async function watch(): Promise<void> {
    for (const job of jobs) {
      if (!(await lockForWhile(redis, { prefix, name: `look:${job.name}`, forMs: watchMs / 2 }))) continue;
      look(job).catch((error: unknown) => log.warn({ error, job: job.name }, 'job could not be looked at'));
    }
    for (const job of jobs) {
      const scheduler = await alarms.getJobScheduler(job.name);
      const isSet = 'cron' in job.schedule
        ? scheduler?.pattern === job.schedule.cron && scheduler.tz === job.schedule.timeZone
        : scheduler?.every === job.schedule.everyMs;
      const dueAt = scheduler?.next ?? 0;
      if (isSet && dueAt > Date.now() - SILENT_MS) continue;
      await alarms.upsertJobScheduler(job.name, repetition(job), { name: job.name, data: {} });
      if (scheduler === undefined) log.info({ job: job.name, next: nextSlot(job.schedule, new Date()) }, 'alarm set');
      else metrics.revived(job.name);
    }
  }
  const watchdog = every({ log, stop: stop.signal, what: 'the watchdog of the jobs', everyMs: watchMs }, watch);

  return {
    async close() {
      stop.abort();
      await Promise.all([worker.close(), watchdog]);
    },
  };
}

function repetition<Ports>({ schedule }: Job<Ports>) {
  return 'cron' in schedule ? { pattern: schedule.cron, tz: schedule.timeZone } : { every: schedule.everyMs };
}
