import { z } from '@hono/zod-openapi';
import { command } from '../api/command.ts';
import type { Api, ApiDeps } from '../api/context.ts';
import { code, instant, line, uuid } from '../api/fields.ts';
import { Problem } from '../api/problem.ts';
import { none, readRoute, writeRoute } from '../api/route.ts';
import { requestAgain } from '../notifications/request-again.ts';
import { countFailed, queueAgain, queueFailedAgain } from '../store/notification-audit.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';

const AT_ONCE = 10_000;

const outward = z.enum(['email', 'push', 'whatsapp']);
const which = { channel: outward, template: code.optional(), since: instant };

const resend = writeRoute({
  path: '/backoffice/notifications/resend',
  summary: 'Send one again that failed, that nobody knows the end of, or that its reader says never came',
  roles: ['backoffice:write'],
  params: none,
  body: z.strictObject({ id: uuid, reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid }),
});

const preview = readRoute({
  path: '/backoffice/notifications/failed',
  summary: 'How many of a channel have failed since then: what a recovery would send again',
  roles: ['backoffice:read'],
  params: none,
  query: z.strictObject(which),
  answer: z.object({ count: z.int() }),
});

const recover = writeRoute({
  path: '/backoffice/notifications/recover',
  summary: 'Send again what of a channel has failed since then; `count` confirms what the preview said',
  roles: ['backoffice:write'],
  params: none,
  body: z.strictObject({ ...which, count: z.int().min(1), reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid, recovered: z.int(), left: z.int() }),
});

/** Where operators have notifications sent again. Rules of the sending hold as ever: what has expired does not leave. */
export function resendNotificationRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(resend, (c) => {
    const { id, reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId }) => {
      const record = { operatorUserId, action: 'resend-notification', request: { id, reason }, outcome: {}, traceId } as const;
      const actionId = await recordOperatorAction(tx, record);
      const queued = await queueAgain(tx, id, { actionId });
      if (queued === undefined) throw new Problem(409, 'There is no such notification, or it is not one that can be sent again.');
      await requestAgain(tx, [queued], now);
      return { status: 200, body: { actionId } };
    });
  });

  api.openapi(preview, async (c) => {
    const { template, ...asked } = c.req.valid('query');
    return c.json({ count: await countFailed(deps.sql, { template, ...asked }) }, 200);
  });

  api.openapi(recover, (c) => {
    const { channel, template, since, count, reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId }) => {
      const there = await countFailed(tx, { channel, template, since });
      if (there !== count) throw new Problem(409, `Nothing was sent: ${there} have failed, not ${count}.`);
      const request = { channel, template: template ?? null, since: since.toISOString(), count, reason };
      const record = { operatorUserId, action: 'recover-notifications', request, outcome: {}, traceId } as const;
      const actionId = await recordOperatorAction(tx, record);
      const queued = await queueFailedAgain(tx, { channel, template, since }, { actionId, limit: AT_ONCE });
      await requestAgain(tx, queued, now);
      return { status: 200, body: { actionId, recovered: queued.length, left: count - queued.length } };
    });
  });
}
