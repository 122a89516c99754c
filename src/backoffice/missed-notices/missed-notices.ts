import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { digest, line, uuid } from '../../api/http/fields.ts';
import { outdated } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { missedNoticesRequested } from '../../events/missed-notices-requested.ts';
import { listMissedNotices } from '../../notifications/decide/missed-notices.ts';
import type { PersonalNotice } from '../../notifications/decide/notices.ts';
import { append } from '../../outbox/append.ts';
import type { Db } from '../../platform/postgres.ts';
import { setDigest } from '../../platform/set-digest.ts';
import { type Recording, recordingOf } from '../kit/recording.ts';

const EVENTS_AT_ONCE = 100; // that one request carries

const preview = readRoute({
  path: '/backoffice/notifications/missed',
  id: 'countMissedNotices',
  summary: 'Count missed notices',
  description: 'Notices that users missed because they had no contact, and that can be sent now.',
  params: none,
  query: none,
  answer: z.object({ count: z.int(), users: z.int(), digest }).openapi('MissedNotices'),
});

const send = writeRoute({
  path: '/backoffice/notifications/missed',
  id: 'sendMissedNotices',
  summary: 'Send missed notices',
  description: 'Notices that users missed because they had no contact. `count` and `digest` confirm the preview.',
  params: none,
  body: z.strictObject({ count: z.int().min(1), digest, reason: line(500) }).openapi('SendMissedNotices'),
  status: 200,
  answer: z.object({ actionId: uuid, requested: z.int() }).openapi('MissedNoticesRequest'),
});

/** The paths by which operators have missed notices sent. */
export function missedNoticeRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(preview, async (c) => c.json(await previewMissed(deps.sql), 200));

  api.openapi(send, (c) =>
    command(c, deps, async (context) => ({ status: 200, body: await sendMissed(recordingOf(context), c.req.valid('json')) })));
}

/** Counts what `sendMissed` would send now. */
export const previewMissed = async (db: Db) => summaryOf(await listMissedNotices(db, new Date()));

const summaryOf = (missed: readonly PersonalNotice[]) => ({
  count: missed.length,
  users: new Set(missed.map(({ userId }) => userId)).size,
  digest: setDigest(missed.map(({ event: { eventId }, userId }) => `${eventId} ${userId}`)),
});

interface Confirmed {
  readonly count: number;
  readonly digest: string;
  readonly reason: string;
}

/** Requests the notices that a preview showed, and no others. @throws {Problem} 409 */
export async function sendMissed({ tx, now, record }: Recording, { count, digest: shown, reason }: Confirmed) {
  const missed = await listMissedNotices(tx, now);
  const summary = summaryOf(missed);
  if (summary.digest !== shown || summary.count !== count) {
    throw outdated(`Nothing was sent: there are now ${summary.count} missed notices, not those shown. Look again.`);
  }
  const actionId = await record('send-missed-notices', { count, reason });
  const requests = [...Map.groupBy(missed, ({ userId }) => userId)].flatMap(([userId, notices]) => {
    const eventIds = notices.map(({ event }) => event.eventId);
    return chunksOf(eventIds, EVENTS_AT_ONCE).map((some) =>
      ({ event: missedNoticesRequested({ occurredAt: now, lane: 'bulk', payload: { userId, eventIds: some } }), origin: {} }));
  });
  await append(tx, ...requests);
  return { actionId, requested: count };
}

const chunksOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
