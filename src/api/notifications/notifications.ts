import { z } from '@hono/zod-openapi';
import { templateContracts } from '../../../templates/index.ts';
import { countUnread, listInbox, markRead, markReadUpTo } from '../../notifications/inbox/inbox.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { readCursor, writeCursor } from '../http/cursor.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { pascal } from '../openapi/name-schemas.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

/** An older notification can have fewer variables than its template has today. */
const payload = z.union(
  templateContracts.map(({ name, props }) => z.object(props.shape).partial().openapi(`${pascal(name)}Payload`)),
);

const inbox = z
  .object({
    notifications: z.array(
      z.object({
        id: uuid,
        template: z.string(),
        locale: z.string(),
        body: z.string().nullable(),
        payload: payload.openapi({ description: 'The variables of the text, by `template`.' }),
        createdAt: z.iso.datetime(),
        readAt: z.iso.datetime().nullable(),
      }),
    ),
    unread: z.int(),
    nextCursor: z.string().nullable(),
  })
  .openapi('Inbox');

const listMine = readRoute({
  path: '/notifications/me',
  id: 'listNotifications',
  summary: 'List the caller’s inbox',
  description: 'Newest first, with the number of unread notifications.',
  params: none,
  query: z.strictObject({ limit, cursor }),
  answer: inbox,
});

const MAX_IDS = 500;

const read = writeRoute({
  path: '/notifications/read',
  id: 'markNotificationsRead',
  summary: 'Mark notifications read',
  description: 'At most 500 by their ids, or one and all before it.',
  problems: [404],
  params: none,
  body: z.union([
    z.strictObject({ ids: z.array(uuid).min(1).max(MAX_IDS) }),
    z.strictObject({ upTo: uuid }),
  ]),
  status: 200,
  answer: z.object({ read: z.int(), unread: z.int() }),
});

const position = z.tuple([uuid]);

/** The inbox's paths. */
export function notificationRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(listMine, async (c) => {
    const { userId } = c.get('caller');
    const { limit: size, cursor: given } = c.req.valid('query');
    const scope = `inbox of ${userId}`;
    const [before] = given === undefined ? [] : readCursor(scope, position, given);
    const [rows, unread] = await Promise.all([
      listInbox(deps.sql, { userId, limit: size + 1, before }),
      countUnread(deps.sql, userId),
    ]);
    const notifications = rows.slice(0, size);
    const last = rows.length > size ? notifications.at(-1) : undefined;
    const nextCursor = last === undefined ? null : writeCursor(scope, [last.id]);
    return c.json({ notifications, unread, nextCursor }, 200);
  });

  api.openapi(read, async (c) => {
    const marked = c.req.valid('json');
    const { userId } = c.get('caller');
    const answer = await command(c, deps, async ({ tx }) => {
      const count = await ('ids' in marked ? markRead(tx, userId, marked.ids) : markReadUpTo(tx, userId, marked.upTo));
      if (count === undefined) throw notFound();
      return { status: 200, body: { read: count, unread: await countUnread(tx, userId) } };
    });
    deps.inboxHint([userId]);
    return answer;
  });
}
