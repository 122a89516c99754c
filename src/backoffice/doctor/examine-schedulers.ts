import type { Job } from '../../kernel/jobs/job.ts';
import { openAlarms } from '../../platform/alarms.ts';
import type { QueueOptions } from '../../platform/queues.ts';
import { type Finding, fine, warning } from '../../platform/finding.ts';

const SILENT_MS = 120_000;

/** Looks for jobs without an alarm, and alarms that are silent or nobody's. */
export async function examineSchedulers(jobs: readonly Job<object>[], options: QueueOptions): Promise<readonly Finding[]> {
  await using stack = new AsyncDisposableStack();
  const alarms = stack.adopt(openAlarms(options), (queue) => queue.close());
  const schedulers = await alarms.getJobSchedulers(0, -1);
  const known = new Set(jobs.map(({ name }) => name));
  const next = new Map(schedulers.map((scheduler) => [scheduler.key, scheduler.next ?? 0]));
  const silent = jobs.filter(({ name }) => (next.get(name) ?? 0) < Date.now() - SILENT_MS).map(({ name }) => name);
  const orphans = [...next.keys()].filter((name) => !known.has(name));
  const wake = 'Start a worker; each sets the alarms that are gone within ten seconds.';
  return [
    silent.length === 0
      ? fine('schedulers', `${jobs.length} jobs have an alarm ahead.`)
      : warning('schedulers', `No alarm is set for, or none rang lately of: ${silent.join(', ')}.`, wake),
    orphans.length === 0
      ? fine('orphan schedulers', 'Every alarm is a job’s.')
      : warning('orphan schedulers', `Alarms of no job of this release: ${orphans.join(', ')}.`, 'They do no harm: nobody listens to them. /backoffice/queues/queue/jobs shows them.'),
  ];
}
