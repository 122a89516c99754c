import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { code, cursor, instant, limit, uuid } from '../../api/http/fields.ts';
import { none, readRoute } from '../../api/http/route.ts';
import { channelParts } from '../../notifications/templates/template-contract.ts';
import { listNotifications } from './notification-audit.ts';
import { answers, explainNotification } from './explain-notification.ts';

export const channelName = z.enum(Object.keys(channelParts) as [string, ...string[]]);
export const notificationStatus = z.enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'suppressed', 'unknown']);
const time = z.iso.datetime().nullable();

const notificationView = z
  .object({
    id: uuid, eventId: uuid, userId: uuid, tenantId: uuid.nullable(),
    channel: channelName, category: z.string().nullable(), template: z.string(), templateVersion: z.int(), locale: z.string(),
    status: notificationStatus, reason: z.string().nullable(), attempts: z.int(),
    createdAt: z.iso.datetime(), dueAt: time, expiresAt: time, sentAt: time, readAt: time,
    digestId: uuid.nullable(),
  })
  .openapi('Notification');

const list = readRoute({
  path: '/backoffice/notifications',
  id: 'searchNotifications',
  summary: 'List notifications',
  description: 'Their channel, status and times without their text, newest first.',
  params: none,
  query: z.strictObject({
    status: notificationStatus.optional(), channel: channelName.optional(), template: code.optional(),
    userId: uuid.optional(), tenantId: uuid.optional(), eventId: uuid.optional(),
    from: instant.optional(), to: instant.optional(), limit, cursor,
  }),
  answer: z.object({ notifications: z.array(notificationView), nextCursor: z.string().nullable() }),
});

const explain = readRoute({
  path: '/backoffice/notifications/explain',
  id: 'explainNotification',
  summary: 'Explain a notification',
  description: 'Why a user was, or was not, notified of an event.',
  problems: [404],
  params: none,
  query: z.strictObject({ eventId: uuid, userId: uuid }),
  answer: z.object({
    eventId: uuid,
    eventType: z.string(),
    userId: uuid,
    answer: z.enum(answers),
    /** Why it could not be decided. */
    error: z.string().nullable(),
    notifications: z.array(notificationView),
    steps: z.array(z.object({
      userId: uuid, channel: channelName, at: z.iso.datetime(), kind: z.enum(['decision', 'attempt', 'receipt']),
      what: z.string(), detail: z.string().nullable(),
    })),
    digests: z.array(z.object({ id: uuid, closesAt: z.iso.datetime(), closedAt: time, eventId: uuid.nullable() })),
  }),
});

const position = z.tuple([uuid]);
const SCOPE = 'notifications';

/** The operators' eyes on notifications. */
export function notificationAuditRoutes(api: Api, { sql }: ApiDeps): void {
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given, ...filter } = c.req.valid('query');
    const [before] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const rows = await listNotifications(sql, { filter, before, limit: size + 1 });
    const notifications = rows.slice(0, size);
    const last = rows.length > size ? notifications.at(-1) : undefined;
    return c.json({ notifications, nextCursor: last === undefined ? null : writeCursor(SCOPE, [last.id]) }, 200);
  });

  api.openapi(explain, async (c) => c.json(await explainNotification(sql, c.req.valid('query')), 200));
}
