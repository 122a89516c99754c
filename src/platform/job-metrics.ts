import { Counter, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600];

/** What a worker tells of its jobs. */
export interface JobMetrics {
  ran(job: string, outcome: 'done' | 'failed' | 'retried', seconds: number): void;
  /** A scheduler that had fallen silent was set up again. */
  revived(job: string): void;
}

/** Jobs' figures. */
export function jobMetrics(registry: Registry): JobMetrics {
  const registers = [registry];
  const runs = new Counter({ name: 'job_runs_total', help: 'Runs of slots', labelNames: ['job', 'outcome'], registers });
  const took = new Histogram({ name: 'job_run_seconds', help: 'From the start of a run to its end', labelNames: ['job'], buckets: SECONDS, registers });
  const revived = new Counter({ name: 'job_schedulers_revived_total', help: 'Schedulers that had fallen silent', labelNames: ['job'], registers });
  return {
    ran(job, outcome, seconds) {
      runs.inc({ job, outcome });
      took.observe({ job }, seconds);
    },
    revived: (job) => revived.inc({ job }),
  };
}
