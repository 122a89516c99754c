import { z } from '@hono/zod-openapi';
import { validate as isUuid } from 'uuid';
import { visited } from '../../domain/listings/listing.ts';
import { keyedHash } from '../../platform/keyed-hash.ts';
import { networkOf } from '../../platform/network-of.ts';
import { readMemberships } from '../../store/tenants/members.ts';
import { countVisits, readVisible } from '../../store/listings/listing-visits.ts';
import type { Caller } from '../http/auth.ts';
import { addressOf } from '../http/client-address.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { instant, line, uuid } from '../http/fields.ts';
import { invalid, unprocessable } from '../http/problem.ts';
import { none, writeRoute } from '../http/route.ts';

const MAX_VISITS = 500;
const MAX_AGE_MS = 24 * 3_600_000; // for who could not reach us meanwhile
const CLOCKS_APART_MS = 60_000;

const visit = z.strictObject({
  listingId: uuid,
  kind: z.enum(['view', 'whatsapp-click']),
  visitorId: line(200).optional().openapi({
    description: 'The marketplace’s front end (role frontend) names its visitors. Everybody else is the visitor.',
  }),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().openapi({
    description: 'The visitor’s address, from the front end alone; the request’s own otherwise.',
  }),
  at: instant.optional().openapi({ description: 'Within the last 24 hours; now when absent.' }),
});

const count = writeRoute({
  path: '/analytics/visits',
  id: 'recordVisits',
  summary: 'Record visits to listings',
  description:
    'At most 500 at once. A repetition within 30 minutes of the last visit that counted does not count, nor ' +
    'does a visit of the tenant’s own members.',
  params: none,
  body: z.strictObject({ visits: z.array(visit).min(1).max(MAX_VISITS) }),
  status: 200,
  answer: z.object({
    counted: z.int(),
    repeated: z.int(),
    unknown: z
      .array(z.int())
      .openapi({ description: 'Positions, from 0, of the visits whose listing does not exist or is not visible.' }),
  }),
});

/** The paths of what visitors do. */
export function analyticsRoutes(api: Api, deps: ApiDeps): void {
  const { HASH_KEY, TRUSTED_PROXIES } = deps.config;

  api.openapi(count, (c) => {
    const { visits } = c.req.valid('json');
    const ownAddress = addressOf(c, TRUSTED_PROXIES);
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      assertRecent(visits, now);
      const names = visits.map((visit) => nameVisitor(visit, { caller, ownAddress }));
      const visible = await readVisible(tx, visits.map(({ listingId }) => listingId));
      const tenants = await readMemberships(tx, names.map(({ visitorId }) => visitorId).filter((id) => isUuid(id)));
      const unknown = [...visits.keys()].filter((index) => !visible.has(visits[index]?.listingId ?? ''));
      const countable = visits.flatMap(({ listingId, kind, at = now }, index) => {
        const { visitorId = '', ip = '' } = names[index] ?? {};
        const tenantId = visible.get(listingId);
        if (tenantId === undefined || tenants.get(visitorId)?.has(tenantId) === true) return [];
        const visitorHash = keyedHash(HASH_KEY, 'visitor', visitorId);
        const ipHash = keyedHash(HASH_KEY, 'ip', networkOf(ip));
        return { listingId, kind, visitorHash, ipHash, at: at > now ? now : at };
      });
      const counted = await countVisits(tx, countable);
      emit(counted.map(visited));
      return { status: 200, body: { counted: counted.length, repeated: visits.length - unknown.length - counted.length, unknown } };
    });
  });
}

interface Site {
  readonly caller: Caller;
  /** The address that the request comes from. */
  readonly ownAddress: string;
}

/** Names a visitor as the front end did. Every other caller counts for themselves, from their own address. */
function nameVisitor({ visitorId, ip }: z.infer<typeof visit>, { caller, ownAddress }: Site) {
  if (!caller.roles.has('frontend')) return { visitorId: caller.userId, ip: ownAddress };
  if (visitorId === undefined) throw unprocessable('/visits', 'must name the visitor of each visit');
  return { visitorId: isUuid(visitorId) ? visitorId.toLowerCase() : visitorId, ip: ip ?? ownAddress };
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
    throw invalid(errors.slice(0, 20));
  }
}
