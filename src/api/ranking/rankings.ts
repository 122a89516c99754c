import { z } from '@hono/zod-openapi';
import { WEIGHTS, WHOLE } from '../../domain/ranking/ranking.ts';
import { type After, type RankingPage, readStandings, readZone, type Standing } from '../../store/ranking/rankings.ts';
import { actsFor } from '../http/access.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { readCursor, writeCursor } from '../http/cursor.ts';
import { code, cursor, instant, limit, uuid } from '../http/fields.ts';
import { notFound, Problem } from '../http/problem.ts';
import { readRoute } from '../http/route.ts';

const THOUSANDTHS = 1_000;
const asOf = z.iso
  .datetime()
  .nullable()
  .openapi({ description: 'Time up to which facts count; null before the first ranking.' });
const score = z.number().openapi({ description: '0 to 1000.' });
const nextCursor = z.string().nullable();
const share = z.number().min(0).max(1);

const zoneRanking = readRoute({
  path: '/rankings/{zone}',
  id: 'getZoneRanking',
  summary: 'Get the ranking of a zone',
  description:
    'The best first. The pages that follow are of the same ranking, or are answered with 409 once it was ' +
    'replaced.',
  problems: [409],
  params: z.object({ zone: code }),
  query: z.strictObject({ category: code.optional(), limit, cursor }),
  answer: z.object({
    zone: z.string(),
    asOf,
    listings: z.array(z.object({
      position: z.int().openapi({ description: 'In the whole zone.' }),
      listingId: uuid, tenantId: uuid, title: z.string(), category: z.string(), score,
    }).openapi('RankedListing')),
    nextCursor,
  }),
});

const places = readRoute({
  path: '/tenants/{id}/ranking',
  id: 'getTenantRanking',
  summary: 'Get the ranking of a tenant',
  description: 'The position of each listing with its components, for the tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({
    asOf,
    weights: z.record(z.string(), z.number()).openapi({ description: 'Weight of each component; together 100.' }),
    listings: z.array(z.object({
      listingId: uuid, zone: z.string(), category: z.string(), position: z.int(), outOf: z.int(), score,
      components: z.object({
        reputation: share, demand: share, responseTime: share, closedTickets: share, verification: share,
        penalty: share.openapi({ description: 'Share that is subtracted from the sum of the others.' }),
      }),
    }).openapi('Standing')),
    nextCursor,
  }),
});

const whole = z.string().regex(/^\d{1,9}$/).transform(Number);
const zonePlace = z.tuple([instant, whole]);
const tenantPlace = z.tuple([instant, code, whole]);

/** The rankings' paths. */
export function rankingRoutes(api: Api, { sql }: Pick<ApiDeps, 'sql'>): void {
  api.openapi(zoneRanking, async (c) => {
    const { zone } = c.req.valid('param');
    const { category, limit: size, cursor: given } = c.req.valid('query');
    const scope = `ranking of ${zone}, ${category ?? 'all'}`;
    const after = given === undefined ? undefined : toAfter(readCursor(scope, zonePlace, given));
    const read = await readZone(sql, { zone, category, after, limit: size + 1 });
    const { page, end } = cut(read, after, size);
    const listings = page.map((listing) => ({ ...listing, score: listing.score / THOUSANDTHS }));
    const next = end && writeCursor(scope, [end.asOf, String(end.last.position)]);
    return c.json({ zone, asOf: read?.generation ?? null, listings, nextCursor: next ?? null }, 200);
  });

  api.openapi(places, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    const scope = `ranking of the tenant ${tenantId}`;
    const after = given === undefined ? undefined : toTenantsAfter(readCursor(scope, tenantPlace, given));
    const read = await readStandings(sql, { tenantId, after, limit: size + 1 });
    const { page, end } = cut(read, after, size);
    const next = end && writeCursor(scope, [end.asOf, end.last.zone, String(end.last.position)]);
    const listings = page.map(toView);
    return c.json({ asOf: read?.generation ?? null, weights: WEIGHTS, listings, nextCursor: next ?? null }, 200);
  });
}

const toAfter = ([made, position]: z.infer<typeof zonePlace>) => ({ generation: made, position });
const toTenantsAfter = ([made, zone, position]: z.infer<typeof tenantPlace>) =>
  ({ generation: made, position: { zone, position } });

/**
 * A page of what was read, one more than its size, and what ends it when more follows.
 * @throws {Problem} 409 when the generation of the page before is gone.
 */
function cut<Entry>(read: RankingPage<Entry> | undefined, after: After<unknown> | undefined, size: number) {
  if (read === undefined && after !== undefined) {
    const detail = 'That ranking was replaced by newer ones. Begin again without a cursor.';
    throw new Problem(409, detail, { code: 'list-replaced' });
  }
  const entries = read?.entries ?? [];
  const page = entries.slice(0, size);
  const last = entries.length > size ? page.at(-1) : undefined;
  return { page, end: read && last && { asOf: read.generation.toISOString(), last } };
}

function toView({ score: points, components, ...standing }: Standing) {
  const shares = Object.entries(components).map(([name, basisPoints]) => [name, basisPoints / WHOLE]);
  return { ...standing, score: points / THOUSANDTHS, components: Object.fromEntries(shares) as Standing['components'] };
}
