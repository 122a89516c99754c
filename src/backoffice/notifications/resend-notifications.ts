import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { code, digest, instant, line, uuid } from '../../api/http/fields.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { previewFailed } from './notification-audit.ts';
import { recordingOf } from '../kit/recording.ts';
import { recoverFailed, resendOne } from './send-again.ts';

export const outward = z.enum(['email', 'push', 'whatsapp']);
export const recoverable = z.enum(['failed', 'unknown']);
const which = {
  status: recoverable.default('failed').openapi({ description: '`unknown`: nobody knows whether they were sent, so their readers may get them twice' }),
  channel: outward, template: code.optional(), since: instant,
};


const resend = writeRoute({
  path: '/backoffice/notifications/resend',
  id: 'resendNotification',
  summary: 'Resend a notification',
  description:
    'One that failed, whose end is unknown, or that its reader did not get. It takes the template’s current ' +
    'version.',
  params: none,
  body: z.strictObject({ id: uuid, reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid }),
});

const preview = readRoute({
  path: '/backoffice/notifications/failed',
  id: 'countFailedNotifications',
  summary: 'Count failed notifications',
  description: 'How many of a channel failed, or have an unknown end, since then, and the digest of those that a recovery would send again.',
  params: none,
  query: z.strictObject(which),
  answer: z.object({ count: z.int(), digest }),
});

const recover = writeRoute({
  path: '/backoffice/notifications/recover',
  id: 'recoverNotifications',
  summary: 'Recover failed notifications',
  description: 'Sends again what failed, or has an unknown end, of a channel since then. `count` and `digest` confirm the preview.',
  params: none,
  body: z.strictObject({ ...which, count: z.int().min(1), digest, reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid, recovered: z.int(), left: z.int() }),
});

/** Where operators have notifications sent again. Rules of the sending hold as ever: what has expired does not leave. */
export function resendNotificationRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(resend, (c) =>
    command(c, deps, async (context) => ({ status: 200, body: { actionId: await resendOne({ ...recordingOf(context), documents: deps.documents }, c.req.valid('json')) } })));

  api.openapi(preview, async (c) => {
    const { template, ...asked } = c.req.valid('query');
    return c.json(await previewFailed(deps.sql, { template, ...asked }), 200);
  });

  api.openapi(recover, (c) => {
    const { template, ...asked } = c.req.valid('json');
    return command(c, deps, async (context) => ({ status: 200, body: await recoverFailed({ ...recordingOf(context), documents: deps.documents }, { template, ...asked }) }));
  });
}
