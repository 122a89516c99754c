import { Gauge, type Registry } from 'prom-client';
import type { Sql } from '../../platform/postgres.ts';
import { countRecentSlots, readJobProgress } from '../../kernel/jobs/job-stats.ts';
import type { Job } from '../../kernel/jobs/job.ts';
import { nextSlot } from '../../kernel/jobs/schedule.ts';

const OUTCOMES = ['due', 'running', 'done', 'caught-up', 'failed', 'missed', 'skipped'] as const;

export interface ObserveJobsOptions {
  readonly registry: Registry;
  readonly sql: Sql;
  readonly jobs: readonly Pick<Job<object>, 'name' | 'schedule'>[];
}

/**
 * Adds the jobs' figures that every process sees alike, read when they are asked for. A slot counts as due from its time
 * on, also where no worker has lived to write it into the ledger. While PostgreSQL is away they stay as they were.
 */
export function observeJobs({ registry, sql, jobs }: ObserveJobsOptions): void {
  new Gauge({
    name: 'job_overdue_seconds', help: 'Age of the oldest slot that nobody has begun, by the database’s clock',
    labelNames: ['job'], registers: [registry],
    async collect() {
      const progress = new Map((await readJobProgress(sql).catch(() => [])).map((job) => [job.name, job]));
      for (const { name, schedule } of jobs) {
        const found = progress.get(name);
        if (found === undefined) continue;
        const unplanned = nextSlot(schedule, found.plannedUntil);
        const oldest = Math.min(unplanned.getTime(), found.oldestDue?.getTime() ?? Infinity);
        this.set({ job: name }, Math.max(0, found.now.getTime() - oldest) / 1_000);
      }
    },
  });
  new Gauge({
    name: 'job_slots', help: 'Slots of the last 24 hours, by what became of them',
    labelNames: ['job', 'outcome'], registers: [registry],
    async collect() {
      const counted = await countRecentSlots(sql).catch(() => undefined);
      if (counted === undefined) return;
      const slots = new Map(counted.map((row) => [`${row.name} ${row.outcome}`, row.slots]));
      for (const { name } of jobs) {
        for (const outcome of OUTCOMES) this.set({ job: name, outcome }, slots.get(`${name} ${outcome}`) ?? 0);
      }
    },
  });
}
