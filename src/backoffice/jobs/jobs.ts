import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, readRoute } from '../../api/http/route.ts';
import type { Job } from '../../kernel/jobs/job.ts';
import { nextSlot, type Schedule } from '../../kernel/jobs/schedule.ts';
import { listJobs, listRuns } from '../../kernel/jobs/slot-ledger.ts';

const NEXT_SHOWN = 3;
const LAST_SHOWN = 5;

const time = z.iso.datetime().nullable();

const slot = z
  .object({
    scheduledFor: z.iso.datetime(),
    outcome: z.enum(['due', 'running', 'done', 'caught-up', 'failed', 'missed', 'skipped']),
    reason: z.string().nullable(),
    attempts: z.int(),
    startedAt: time,
    finishedAt: time,
    worker: z.string().nullable(),
    chunks: z.int(),
    requestedBy: uuid.nullable(),
    timeZone: z.string().nullable(),
    periodStart: time,
    periodEnd: time,
  })
  .openapi('JobRun');

const list = readRoute({
  path: '/backoffice/jobs',
  id: 'listJobs',
  summary: 'List jobs',
  description: 'With their next slots and the last ones.',
  params: none,
  query: none,
  answer: z.object({
    jobs: z.array(z.object({
      name: z.string(),
      schedule: z.object({ cron: z.string().optional(), timeZone: z.string().optional(), everyMs: z.int().optional() }),
      catchUp: z.enum(['all', 'latest', 'skip']),
      overlap: z.enum(['queue', 'skip']),
      whenPaused: z.enum(['skip', 'hold']),
      pausedAt: time,
      pausedReason: z.string().nullable(),
      next: z.array(z.iso.datetime()),
      last: z.array(slot),
    }).openapi('Job')),
  }),
});

const runs = readRoute({
  path: '/backoffice/jobs/{name}/runs',
  id: 'listJobRuns',
  summary: 'List the runs of a job',
  description: 'Every slot with its outcome, newest first.',
  params: z.strictObject({ name: z.string().max(100) }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ runs: z.array(slot), nextCursor: z.string().nullable() }),
});

const position = z.tuple([z.iso.datetime()]);

/** The job of that name. @throws {Problem} 404 */
export function findJob({ jobs }: Pick<ApiDeps, 'jobs'>, name: string): Job<object> {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined) throw notFound();
  return job;
}

/** The operators' eyes on what the clock starts. */
export function jobRoutes(api: Api, deps: ApiDeps): void {
  const { sql, jobs } = deps;
  api.openapi(list, async (c) => {
    const standings = await listJobs(sql);
    const shown = standings.flatMap(({ now, ...standing }) => {
      const job = jobs.find(({ name }) => name === standing.name);
      return job === undefined ? [] : [{ ...standing, job, next: nextSlots(job.schedule, now) }];
    });
    const answers = shown.map(async ({ job: { schedule, catchUp, overlap, whenPaused }, ...standing }) => {
      const last = await listRuns(sql, standing.name, { before: undefined, limit: LAST_SHOWN });
      return { ...standing, schedule, catchUp, overlap, whenPaused, last };
    });
    return c.json({ jobs: await Promise.all(answers) }, 200);
  });

  api.openapi(runs, async (c) => {
    const { name } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    findJob(deps, name);
    const scope = `runs of ${name}`;
    const [before] = given === undefined ? [] : readCursor(scope, position, given);
    const rows = await listRuns(sql, name, { before: before === undefined ? undefined : new Date(before), limit: size + 1 });
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    return c.json({ runs: page, nextCursor: last === undefined ? null : writeCursor(scope, [last.scheduledFor.toISOString()]) }, 200);
  });
}

/** The job's next three slots. */
export function nextSlots(schedule: Schedule, now: Date): readonly Date[] {
  const slots: Date[] = [];
  for (let after = now; slots.length < NEXT_SHOWN; after = slots.at(-1) ?? after) slots.push(nextSlot(schedule, after));
  return slots;
}
