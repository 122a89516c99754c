import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { cloudEvent, newestOf, toOutwardEvent } from '../../api/docs/outward-event.ts';
import { writeRoute } from '../../api/http/route.ts';
import { readEvents } from '../../outbox/read-events.ts';
import { recordingOf } from '../kit/recording.ts';

const reveal = writeRoute({
  path: '/backoffice/events/{id}/reveal',
  id: 'revealEvent',
  summary: 'Reveal an event',
  description: 'With its personal data, on record with the reason.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid, event: cloudEvent }),
});

/** Shows one event whole to an operator who may only read. The answer under the key holds the record only. */
export function revealEventRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(reveal, async (c) => {
    const { id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    const event = (await readEvents(deps.sql, [id])).get(id);
    if (event === undefined) throw notFound();
    const recorded = await command(c, deps, async (context) => {
      const { record } = recordingOf(context);
      return { status: 200, body: { actionId: await record('reveal-event', { eventId: id, reason }) } };
    });
    const { actionId } = (await recorded.json()) as { actionId: string };
    const replayed = recorded.headers.get('Idempotency-Replayed');
    const headers = replayed === null ? {} : { 'Idempotency-Replayed': replayed };
    return c.json({ actionId, event: toOutwardEvent(newestOf(event), deps.config.PUBLIC_URL) }, 200, headers) as never;
  });
}
