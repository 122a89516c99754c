import { createRoute, z } from '@hono/zod-openapi';
import { answerOf } from '../http/answers.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { readPosition } from './inbox-position.ts';
import { none, readRoute } from '../http/route.ts';

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
};
const LONGEST_POSITION = 4_000;

const declared = readRoute({
  path: '/notifications/stream',
  id: 'streamNotifications',
  summary: 'Stream the caller’s inbox',
  description:
    'Server-Sent Events. Open the stream, then read the list. Events: `notification` (an item of ' +
    '`GET /notifications/me`), `read` (`{ids}` or `{upTo}`; may come twice), `gap` (more was missed than is sent ' +
    'here: read the list) and `bye` (`{reason}`; the stream ends). A request with `Last-Event-ID` brings what was missed.',
  problems: [400],
  params: none,
  query: z.strictObject({ lastEventId: z.string().max(LONGEST_POSITION).optional() }),
  answer: z.string(),
});
const stream = createRoute({
  ...declared,
  responses: { ...declared.responses, 200: answerOf(200, z.string(), { type: 'text/event-stream' }) },
});

/** The inbox's live stream. */
export function notificationStreamRoutes(api: Api, { inboxStreams }: Pick<ApiDeps, 'inboxStreams'>): void {
  api.openapi(stream, async (c) => {
    const { userId, expiresAt } = c.get('caller');
    const lastEventId = (c.req.header('Last-Event-ID') ?? '') || (c.req.valid('query').lastEventId ?? '');
    const position = lastEventId === '' ? undefined : readPosition(lastEventId);
    // Whoever asks for the head only would leave a stream open that nobody reads.
    if (c.req.method === 'HEAD') return c.body(null, 200, HEADERS) as never;
    const socket = c.env?.incoming?.socket;
    const body = await inboxStreams.open({ userId, expiresAt, position, abort: () => void socket?.destroy() });
    return c.body(body, 200, HEADERS) as never;
  });
}
