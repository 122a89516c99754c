import { z } from '@hono/zod-openapi';
import { command } from '../api/command.ts';
import type { Api, ApiDeps } from '../api/context.ts';
import { instant, line, uuid } from '../api/fields.ts';
import { Problem, unprocessable } from '../api/problem.ts';
import { readRoute, writeRoute } from '../api/route.ts';
import type { Job } from '../kernel/job.ts';
import { slotsBetween } from '../kernel/schedule.ts';
import { pauseJob, requestSlots, resumeJob } from '../store/job-ledger.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { findJob } from './jobs.ts';

const MOST_SLOTS = 1_000;

const params = z.strictObject({ name: z.string().max(100) });
const reason = line(500);
const write = { roles: ['backoffice:write'], params, status: 200 } as const;

const run = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/run',
  summary: 'Run a slot now, again where it was run before; within ten seconds a worker takes it',
  body: z.strictObject({ slot: instant, reason }),
  answer: z.object({ actionId: uuid }),
});

const preview = readRoute({
  path: '/backoffice/jobs/{name}/backfill',
  summary: 'How many slots a backfill of that time would run',
  roles: ['backoffice:read'],
  params,
  query: z.strictObject({ from: instant, to: instant }),
  answer: z.object({ count: z.int() }),
});

const backfill = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/backfill',
  summary: 'Run every slot after `from` and up to `to`, again where it was run before; `count` confirms what the preview said',
  body: z.strictObject({ from: instant, to: instant, count: z.int().min(1), reason }),
  answer: z.object({ actionId: uuid, requested: z.int() }),
});

const pause = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/pause',
  summary: 'Pass over a job’s slots until it is resumed; they stand in the ledger as skipped',
  body: z.strictObject({ reason }),
  answer: z.object({ actionId: uuid }),
});

const resume = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/resume',
  summary: 'Go on with a job that was paused',
  body: z.strictObject({ reason }),
  answer: z.object({ actionId: uuid }),
});

/** Where operators steer what the clock starts. */
export function steerJobRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(run, (c) => {
    const { schedule, name } = findJob(deps, c.req.valid('param').name);
    const { slot, reason: why } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId }) => {
      const [found] = slotsBetween(schedule, { after: new Date(slot.getTime() - 1), until: slot, limit: 1 });
      if (found?.getTime() !== slot.getTime() || slot > now) throw unprocessable('/slot', 'is no slot of the job that has come');
      const request = { name, slot: slot.toISOString(), reason: why };
      const actionId = await recordOperatorAction(tx, { operatorUserId, action: 'run-job', request, outcome: {}, traceId });
      if ((await requestSlots(tx, name, [slot], actionId)) === 0) throw new Problem(409, 'The slot is at work now.');
      return { status: 200, body: { actionId } };
    });
  });

  api.openapi(preview, (c) => {
    const job = findJob(deps, c.req.valid('param').name);
    return c.json({ count: slotsIn(job, c.req.valid('query'), new Date()).length }, 200);
  });

  api.openapi(backfill, (c) => {
    const job = findJob(deps, c.req.valid('param').name);
    const { from, to, count, reason: why } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId }) => {
      const slots = slotsIn(job, { from, to }, now);
      if (slots.length !== count) throw new Problem(409, `Nothing was done: it is ${slots.length} slots, not ${count}.`);
      const request = { name: job.name, from: from.toISOString(), to: to.toISOString(), count, reason: why };
      const actionId = await recordOperatorAction(tx, { operatorUserId, action: 'backfill-job', request, outcome: {}, traceId });
      return { status: 200, body: { actionId, requested: await requestSlots(tx, job.name, slots, actionId) } };
    });
  });

  for (const [route, action, change] of [
    [pause, 'pause-job', pauseJob], [resume, 'resume-job', resumeJob],
  ] as const) {
    api.openapi(route, (c) => {
      const { name } = findJob(deps, c.req.valid('param').name);
      const { reason: why } = c.req.valid('json');
      return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, traceId }) => {
        if (!(await change(tx, name, why))) throw new Problem(409, 'The job is in that state already, or the release has not made it known.');
        const actionId = await recordOperatorAction(tx, { operatorUserId, action, request: { name, reason: why }, outcome: {}, traceId });
        return { status: 200, body: { actionId } };
      });
    });
  }
}

/** The job's slots of a time that has come. A rhythm has none to be made up for. */
function slotsIn({ schedule }: Job<object>, { from, to }: { readonly from: Date; readonly to: Date }, now: Date): readonly Date[] {
  if ('everyMs' in schedule) throw new Problem(409, 'The job keeps a rhythm: there is nothing to make up for.');
  if (to <= from) throw unprocessable('/to', 'must be after from');
  const until = to < now ? to : now;
  const slots = slotsBetween(schedule, { after: from, until, limit: MOST_SLOTS + 1 });
  if (slots.length > MOST_SLOTS) throw unprocessable('/to', `makes more than ${MOST_SLOTS} slots`);
  return slots;
}
