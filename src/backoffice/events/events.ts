import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, digest, instant, limit, uuid } from '../../api/http/fields.ts';
import { outdated, Problem } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { setDigest } from '../../platform/set-digest.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { holdMatching, listEvents, listMatching } from './outbox-events.ts';
import { NotRetryable, retryEvents, type RetryOutcome } from './retry-events.ts';

const MAX_EVENTS = 500;

const type = z.string().regex(/^[A-Z][A-Za-z]{2,63}$/, 'must be an event type, such as TicketCreated');
const filter = { type: type.optional(), tenantId: uuid.optional(), from: instant.optional(), to: instant.optional() };

const eventView = z
  .object({
    eventId: uuid,
    eventType: z.string(),
    schemaVersion: z.int(),
    occurredAt: z.iso.datetime(),
    tenantId: uuid.nullable(),
    actorUserId: uuid.nullable(),
    correlationId: uuid,
    causationId: uuid.nullable(),
    traceparent: z.string().nullable(),
    status: z.enum(['pending', 'published', 'failed']),
    createdAt: z.iso.datetime(),
    publishedAt: z.iso.datetime().nullable(),
    failure: z.string().nullable(),
    deliveries: z.array(
      z.object({
        consumer: z.string(),
        state: z.enum(['consumed', 'dead', 'in flight', 'unpublished']),
        consumedAt: z.iso.datetime().nullable(),
        attempts: z.int(),
        error: z.string().nullable(),
      }),
    ),
  })
  .openapi('OutboxEvent');

const list = readRoute({
  path: '/backoffice/events/outbox',
  id: 'listEvents',
  summary: 'List events',
  description: 'As committed, with each delivery, newest first.',
  params: none,
  query: z.strictObject({ status: z.enum(['pending', 'published', 'failed']).optional(), ...filter, limit, cursor }),
  answer: z.object({ events: z.array(eventView), nextCursor: z.string().nullable() }),
});

const retry = writeRoute({
  path: '/backoffice/events/retry',
  id: 'retryEvents',
  summary: 'Retry events',
  description: 'Publishes failed events again, and brings dead deliveries back. At most 500 at once.',
  problems: [404],
  params: none,
  body: z.union([
    z.strictObject({ eventIds: z.array(uuid).min(1).max(MAX_EVENTS) }),
    z.strictObject({
      filter: z.strictObject({ status: z.literal('failed'), ...filter }),
      limit: z.int().min(1).max(MAX_EVENTS).default(MAX_EVENTS),
      digest: digest.optional().openapi({ description: 'Retries the events that the preview showed, or none.' }),
    }),
  ]),
  status: 200,
  answer: z.object({ events: z.int(), deliveries: z.int(), unchanged: z.int() }),
});

const preview = readRoute({
  path: '/backoffice/events/failed',
  id: 'countFailedEvents',
  summary: 'Count failed events',
  description: 'How many events a retry by this filter would take, and the digest of their ids.',
  params: none,
  query: z.strictObject({ ...filter, limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(MAX_EVENTS) }),
  answer: z.object({ count: z.int(), digest }),
});

const position = z.tuple([uuid]);
const SCOPE = 'outbox';

/** The operators' paths to the outbox. */
export function eventRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given, ...asked } = c.req.valid('query');
    const [before] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const rows = await listEvents(deps.sql, { filter: asked, before, limit: size + 1 });
    const events = rows.slice(0, size);
    const last = rows.length > size ? events.at(-1) : undefined;
    return c.json({ events, nextCursor: last === undefined ? null : writeCursor(SCOPE, [last.eventId]) }, 200);
  });

  api.openapi(preview, async (c) => {
    const { limit: most, ...asked } = c.req.valid('query');
    const ids = await listMatching(deps.sql, { ...asked, status: 'failed' }, most);
    return c.json({ count: ids.length, digest: setDigest(ids) }, 200);
  });

  api.openapi(retry, (c) => {
    const asked = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, traceId }) => {
      const ids =
        'eventIds' in asked ? [...new Set(asked.eventIds)] : await holdMatching(tx, asked.filter, asked.limit);
      if ('digest' in asked && asked.digest !== undefined && setDigest(ids) !== asked.digest) {
        throw outdated('Nothing was retried: the events are not those shown. Look again.');
      }
      const outcome: RetryOutcome = await retryEvents(tx, ids).catch((error: unknown) => {
        throw error instanceof NotRetryable ? toProblem(error, 'eventIds' in asked ? asked.eventIds : []) : error;
      });
      const request = { by: 'eventIds' in asked ? 'id' : 'filter', eventIds: ids };
      await recordOperatorAction(tx, {
        operatorUserId, action: 'retry-events', request, outcome: { ...outcome }, traceId,
      });
      return { status: 200, body: outcome };
    });
  });
}

/** 404 for what is not there, else 409 for what still waits. */
function toProblem({ unknown, pending }: NotRetryable, asked: readonly string[]): Problem {
  const flaw = (detail: string) => (id: string) =>
    ({ in: 'body', pointer: `/eventIds/${asked.indexOf(id)}`, detail }) as const;
  if (unknown.length > 0) {
    const errors = unknown.map(flaw('does not exist'));
    return new Problem(404, 'Nothing was retried: some of the events do not exist.', { errors });
  }
  const errors = pending.map(flaw('is still to be published'));
  return new Problem(409, 'Nothing was retried: some of the events still wait for the relay.', { errors });
}
