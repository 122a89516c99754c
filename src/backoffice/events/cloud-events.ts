import { createRoute, z } from '@hono/zod-openapi';
import { answerOf } from '../../api/http/answers.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { cloudEvent, newestOf, outwardType, toOutwardEvent } from '../../api/docs/outward-event.ts';
import { none, readRoute } from '../../api/http/route.ts';
import { listForReaders } from './outbox-feed.ts';
import { eventFor } from '../../api/http/personal-data.ts';

const SCOPE = 'cloudevents';
const position = z.tuple([uuid]);

const feed = readRoute({
  path: '/backoffice/events/cloudevents',
  id: 'listCloudEvents',
  summary: 'List events as CloudEvents',
  description:
    'A batch of CloudEvents 1.0, oldest first, one minute behind. Give the header `Next-Cursor` back as ' +
    '`cursor`. Texts are masked without `backoffice:write`.',
  params: none,
  query: z.strictObject({ type: outwardType.optional(), limit, cursor }),
  answer: z.array(cloudEvent),
});
const batch = answerOf(200, z.array(cloudEvent), { type: 'application/cloudevents-batch+json', headers: ['Next-Cursor'] });
const inBatches = createRoute({ ...feed, responses: { ...feed.responses, 200: batch } });

/** The outbox for readers outside, in the envelope they know. */
export function cloudEventRoutes(api: Api, { sql, config }: ApiDeps): void {
  api.openapi(inBatches, async (c) => {
    const { type, limit: size, cursor: given } = c.req.valid('query');
    const [after] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const events = await listForReaders(sql, { type, after, limit: size });
    const last = events.at(-1)?.eventId ?? after;
    const headers = {
      'Content-Type': 'application/cloudevents-batch+json; charset=utf-8',
      ...(last !== undefined && { 'Next-Cursor': writeCursor(SCOPE, [last]) }),
    };
    const shown = events.map((event) => toOutwardEvent(eventFor(c.get('caller'), newestOf(event)), config.PUBLIC_URL));
    return c.body(JSON.stringify(shown), 200, headers) as never;
  });
}
