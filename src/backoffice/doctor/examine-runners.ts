import type { QueueOptions } from '../../platform/queues.ts';
import { listUnattended } from '../../platform/runners.ts';
import { type Finding, fine, problem } from '../../platform/finding.ts';

const ADVICE = 'Start worker processes of this release that run them (WORKER_CONSUMERS, WORKER_JOBS); keep them up.';

/** Names of everything that worker processes have to run. */
export interface Runnable {
  readonly consumers: readonly string[];
  readonly jobs: readonly string[];
}

/** Looks for consumers and jobs that no worker process runs. */
export async function examineRunners(runnable: Runnable, options: QueueOptions): Promise<readonly Finding[]> {
  const { consumers, jobs } = runnable;
  const [idleConsumers, idleJobs] = await Promise.all([
    listUnattended(options, 'consumer', consumers), listUnattended(options, 'job', jobs),
  ]);
  return [
    idleConsumers.length === 0
      ? fine('consumers', `Workers run all of ${consumers.length} consumers.`)
      : problem('consumers', `No worker runs: ${idleConsumers.join(', ')}.`, ADVICE),
    idleJobs.length === 0
      ? fine('jobs', `Workers run all of ${jobs.length} jobs.`)
      : problem('jobs', `No worker runs: ${idleJobs.join(', ')}.`, ADVICE),
  ];
}
