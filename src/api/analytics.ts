import { z } from '@hono/zod-openapi';
import { visited } from '../domain/listing.ts';
import { keyedHash } from '../platform/keyed-hash.ts';
import { countVisits, readVisible } from '../store/visits.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { instant, line, uuid } from './fields.ts';
import { addressOf } from './limit.ts';
import { Problem } from './problem.ts';
import { none, writeRoute } from './route.ts';

const MAX_VISITS = 500;
const MAX_AGE_MS = 24 * 3_600_000; // for who could not reach us meanwhile
const CLOCKS_APART_MS = 60_000;

const visit = z.strictObject({
  listingId: uuid,
  kind: z.enum(['view', 'whatsapp-click']),
  visitorId: line(200),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().openapi({
    description: 'The visitor’s address, where it is not the one that this request comes from.',
  }),
  at: instant.optional().openapi({ description: 'Within the last 24 hours; now when absent.' }),
});

const count = writeRoute({
  path: '/analytics/visits',
  summary: 'Count visits to listings; a repeat within half an hour of the last that counted does not count',
  params: none,
  body: z.strictObject({ visits: z.array(visit).min(1).max(MAX_VISITS) }),
  status: 200,
  answer: z.object({
    counted: z.int(),
    repeated: z.int(),
    unknown: z.array(z.int()).openapi({ description: 'Which visits, from 0, were to no listing that can be seen.' }),
  }),
});

/** The paths of what visitors do. */
export function analyticsRoutes(api: Api, deps: ApiDeps): void {
  const { HASH_KEY, TRUSTED_PROXIES } = deps.config;

  api.openapi(count, (c) => {
    const { visits } = c.req.valid('json');
    const ownAddress = addressOf(c, TRUSTED_PROXIES);
    return command(c, deps, async ({ tx, now, emit }) => {
      assertRecent(visits, now);
      const visible = await readVisible(tx, visits.map(({ listingId }) => listingId));
      const unknown = [...visits.keys()].filter((index) => !visible.has(visits[index]?.listingId ?? ''));
      const known = visits
        .filter(({ listingId }) => visible.has(listingId))
        .map(({ listingId, kind, visitorId, ip = ownAddress, at = now }) => ({
          listingId,
          kind,
          visitorHash: keyedHash(HASH_KEY, 'visitor', visitorId),
          ipHash: keyedHash(HASH_KEY, 'ip', ip.toLowerCase()),
          at: at > now ? now : at,
        }));
      const counted = await countVisits(tx, known);
      emit(counted.map(visited));
      return { status: 200, body: { counted: counted.length, repeated: known.length - counted.length, unknown } };
    });
  });
}

/** It asks within the command, so that a repetition still gets the first answer. @throws {Problem} 422 */
function assertRecent(visits: readonly { readonly at?: Date | undefined }[], now: Date): void {
  const isRecent = (at: Date) =>
    at.getTime() >= now.getTime() - MAX_AGE_MS && at.getTime() <= now.getTime() + CLOCKS_APART_MS;
  const errors = visits.flatMap(({ at = now }, index) =>
    isRecent(at)
      ? []
      : [{ in: 'body', pointer: `/visits/${index}/at`, detail: 'must be within the last 24 hours' } as const],
  );
  if (errors.length > 0) {
    throw new Problem(422, 'The request is well formed, but can’t be accepted.', { errors: errors.slice(0, 20) });
  }
}
