import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../api/context.ts';
import { readCursor, writeCursor } from '../api/cursor.ts';
import { cursor, limit, uuid } from '../api/fields.ts';
import { none, readRoute } from '../api/route.ts';
import { toCloudEvent } from '../kernel/cloud-event.ts';
import { listForReaders } from '../store/outbox-feed.ts';
import { eventFor } from './personal-data.ts';

const SCOPE = 'cloudevents';
const position = z.tuple([uuid]);

const feed = readRoute({
  path: '/backoffice/events/cloudevents',
  summary: 'Events with their payload as a CloudEvents 1.0 batch, oldest first; texts are masked without backoffice:write',
  params: none,
  query: z.strictObject({ type: z.string().regex(/^[A-Z][A-Za-z]{2,63}$/).optional(), limit, cursor }),
  answer: z.array(z.object({ specversion: z.literal('1.0'), id: uuid, source: z.string(), type: z.string() })),
});

/** The outbox for readers outside, in the envelope they know. */
export function cloudEventRoutes(api: Api, { sql, config }: ApiDeps): void {
  const source = config.PUBLIC_URL.replace(/\/$/, '');
  api.openapi(feed, async (c) => {
    const { type, limit: size, cursor: given } = c.req.valid('query');
    const [after] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const events = await listForReaders(sql, { type, after, limit: size });
    const last = events.at(-1)?.eventId ?? after;
    const headers = {
      'Content-Type': 'application/cloudevents-batch+json; charset=utf-8',
      ...(last !== undefined && { 'Next-Cursor': writeCursor(SCOPE, [last]) }),
    };
    const shown = events.map((event) => toCloudEvent(eventFor(c.get('caller'), event), source));
    return c.body(JSON.stringify(shown), 200, headers) as never;
  });
}
