import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { digest, instant, line, uuid } from '../../api/http/fields.ts';
import { readRoute, writeRoute } from '../../api/http/route.ts';
import { findJob } from './jobs.ts';
import { recordingOf } from '../kit/recording.ts';
import { backfillSlots, digestOfSlots, pauseOrResume, runSlotNow, slotsIn } from './steer-job.ts';

const params = z.strictObject({ name: z.string().max(100) });
const reason = line(500);
const write = { params, status: 200 } as const;

const run = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/run',
  id: 'runJob',
  summary: 'Run a slot of a job',
  description: 'Again where it was run before. A worker takes it within ten seconds.',
  body: z.strictObject({ slot: instant, reason }),
  answer: z.object({ actionId: uuid }),
});

const preview = readRoute({
  path: '/backoffice/jobs/{name}/backfill',
  id: 'countBackfillSlots',
  summary: 'Count the slots of a backfill',
  description: 'How many slots a backfill of that time would run, and their digest.',
  problems: [409],
  params,
  query: z.strictObject({ from: instant, to: instant }),
  answer: z.object({ count: z.int(), digest }),
});

const backfill = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/backfill',
  id: 'backfillJob',
  summary: 'Backfill a job',
  description:
    'Runs every slot after `from` and up to `to`, again where it was run before. `count` and `digest` confirm ' +
    'what the preview said.',
  body: z.strictObject({ from: instant, to: instant, count: z.int().min(1), digest, reason }),
  answer: z.object({ actionId: uuid, requested: z.int() }),
});

const pause = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/pause',
  id: 'pauseJob',
  summary: 'Pause a job',
  description: 'Its slots are skipped until it is resumed, or held where they move money.',
  body: z.strictObject({ reason }),
  answer: z.object({ actionId: uuid }),
});

const resume = writeRoute({
  ...write,
  path: '/backoffice/jobs/{name}/resume',
  id: 'resumeJob',
  summary: 'Resume a job',
  description: 'Slots that were held are run.',
  body: z.strictObject({ reason }),
  answer: z.object({ actionId: uuid }),
});

/** Where operators steer what the clock starts. */
export function steerJobRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(run, (c) => {
    const job = findJob(deps, c.req.valid('param').name);
    return command(c, deps, async (context) => ({ status: 200, body: { actionId: await runSlotNow(recordingOf(context), job, c.req.valid('json')) } }));
  });

  api.openapi(preview, async (c) => {
    const job = findJob(deps, c.req.valid('param').name);
    const slots = await slotsIn(deps.sql, job, c.req.valid('query'), new Date());
    return c.json({ count: slots.length, digest: digestOfSlots(slots) }, 200);
  });

  api.openapi(backfill, (c) => {
    const job = findJob(deps, c.req.valid('param').name);
    return command(c, deps, async (context) => ({ status: 200, body: await backfillSlots(recordingOf(context), job, c.req.valid('json')) }));
  });

  for (const [route, action] of [[pause, 'pause-job'], [resume, 'resume-job']] as const) {
    api.openapi(route, (c) => {
      const job = findJob(deps, c.req.valid('param').name);
      const asked = { action, reason: c.req.valid('json').reason };
      return command(c, deps, async (context) => ({ status: 200, body: { actionId: await pauseOrResume(recordingOf(context), job, asked) } }));
    });
  }
}
