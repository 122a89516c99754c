import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { IllegalTransition } from '../../domain/illegal-transition.ts';
import { flagListing, publishListing, type Listing } from '../../domain/listings/listing.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { lockBranchZone } from '../../store/tenants/branches.ts';
import { findFlag, findListing, insertFlag, insertListing } from '../../store/listings/listings.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { actsFor } from '../http/access.ts';
import type { Caller } from '../http/auth.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { code, line, uuid } from '../http/fields.ts';
import { notFound, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const listingView = z
  .object({
    id: uuid,
    tenantId: uuid,
    branchId: uuid,
    zone: z.string(),
    title: z.string(),
    category: z.string(),
    status: z.enum(['visible', 'hidden', 'banned']),
    publishedAt: z.iso.datetime(),
  })
  .openapi('Listing');

const publish = writeRoute({
  path: '/tenants/{id}/listings',
  id: 'createListing',
  summary: 'Create a listing',
  description: 'The tenant has to be verified. The listing is offered in the zone of its branch.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ title: line(200), category: code, branchId: uuid }),
  status: 201,
  location: '/listings/{id}',
  answer: listingView,
});

const flagView = z
  .object({ listingId: uuid, flaggedBy: z.enum(['user', 'operator']), reason: z.string() })
  .openapi('ListingFlag');

const flag = writeRoute({
  path: '/listings/{id}/flags',
  id: 'flagListing',
  summary: 'Flag a listing',
  description: 'Once for each user. Operators look at it.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ reason: line(500) }),
  status: 201,
  location: '/listings/{listingId}/flags/me',
  answer: flagView,
});

const showFlag = readRoute({
  path: '/listings/{id}/flags/me',
  id: 'getOwnFlag',
  summary: 'Get the caller’s flag of a listing',
  description: '404 while the caller has not flagged it. What others flagged is for operators only.',
  params: z.object({ id: uuid }),
  query: none,
  answer: flagView,
});

const show = readRoute({
  path: '/listings/{id}',
  id: 'getListing',
  summary: 'Get a listing',
  description: 'A listing that was hidden or banned exists for its tenant and the backoffice only.',
  params: z.object({ id: uuid }),
  query: none,
  answer: listingView,
});

/** The listings' paths. */
export function listingRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(publish, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { branchId, ...input } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      const tenant = actsFor(caller, tenantId) ? await findTenant(tx, tenantId) : undefined;
      if (tenant === undefined) throw notFound();
      const branch = await lockBranchZone(tx, branchId);
      if (branch?.tenantId !== tenantId) throw unprocessable('/branchId', 'is not a branch of the tenant');
      const offer = { ...input, id: uuidv7(), tenant, branch, actorUserId: caller.userId };
      const { listing, events } = publishListing(offer, now);
      await insertListing(tx, listing);
      emit(events);
      return { status: 201, body: listing };
    });
  });

  api.openapi(flag, (c) => {
    const { id: listingId } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, traceId, emit, save }) => {
      const { userId } = caller;
      const listing = await findListing(tx, listingId);
      if (listing === undefined || !isShownTo(caller, listing)) throw notFound();
      const isOperator = caller.roles.has('backoffice:write');
      const flagged = { listingId, userId, reason, flaggedBy: isOperator ? 'operator' : 'user' } as const;
      const isFirst = await insertFlag(tx, flagged, now);
      if (!isFirst) throw new IllegalTransition('The listing was flagged by the same user already.');
      if (!isOperator) save(countUse(tx, deps.config.BOUNDS, { bound: 'flags', subject: userId, now }));
      if (isOperator) {
        const action = { action: 'flag-listing', request: { listingId, reason }, outcome: {} } as const;
        await recordOperatorAction(tx, { ...action, operatorUserId: userId, traceId });
      }
      emit([flagListing(listing, flagged, now)]);
      return { status: 201, body: { listingId, flaggedBy: flagged.flaggedBy, reason } };
    });
  });

  api.openapi(showFlag, async (c) => {
    const flag = await findFlag(deps.sql, c.req.valid('param').id, c.get('caller').userId);
    if (flag === undefined) throw notFound();
    return c.json(flag, 200);
  });

  api.openapi(show, async (c) => {
    const listing = await findListing(deps.sql, c.req.valid('param').id);
    if (listing === undefined || !isShownTo(c.get('caller'), listing)) throw notFound();
    return c.json(listing, 200);
  });
}

const isShownTo = (caller: Caller, { status, tenantId }: Listing) =>
  status === 'visible' || actsFor(caller, tenantId) || caller.roles.has('backoffice:read');
