import { Registry } from 'prom-client';
import type { Job } from '../src/kernel/jobs/job.ts';
import { runJob } from '../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../src/platform/job-metrics.ts';
import { registerJobs } from '../src/kernel/jobs/job-runs.ts';
import { seconds, type World } from './world.ts';

const LOOK_EVERY_MS = 20;

/** One slot of a job, as a worker runs it: how long it took, and the most resident memory of this process meanwhile. */
export async function runSlot({ sql, log }: World, job: Job<object>, scheduledFor: Date) {
  await registerJobs(sql, [job.name]);
  await sql`update job set planned_until = '2999-01-01', covered_until = null`;
  await sql`insert into job_run (job_name, scheduled_for) values (${job.name}, ${scheduledFor})`;
  const [metrics, stop] = [jobMetrics(new Registry()), new AbortController().signal];
  let peakBytes = 0;
  const look = () => void (peakBytes = Math.max(peakBytes, process.memoryUsage.rss()));
  const watching = setInterval(look, LOOK_EVERY_MS);
  const took = await seconds(() => runJob(job, { sql, log, ports: {}, metrics, worker: 'bench', leaseMs: 60_000, stop }));
  clearInterval(watching);
  look();
  const [run] = await sql<{ outcome: string }[]>`
    select outcome from job_run where job_name = ${job.name} and scheduled_for = ${scheduledFor}
  `;
  if (run?.outcome !== 'done' && run?.outcome !== 'caught-up') throw new Error(`the slot of ${job.name} is ${run?.outcome}`);
  return { took, peakBytes };
}
