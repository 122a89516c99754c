import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { moveBranch, openBranch } from '../../domain/tenants/branch.ts';
import { findBranch, findBranchToChange, insertBranch, listBranches, saveBranch } from '../../store/tenants/branches.ts';
import { actsFor } from '../http/access.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { create } from '../http/create.ts';
import { code, cursor, limit, line, uuid } from '../http/fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const place = {
  zone: code,
  address: line(300),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
};

const branchView = z
  .object({ id: uuid, tenantId: uuid, ...place, createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() })
  .openapi('Branch');

const open = writeRoute({
  path: '/tenants/{id}/branches',
  id: 'createBranch',
  summary: 'Create a branch',
  description: 'A place from which a tenant serves a zone.',
  params: z.object({ id: uuid }),
  body: z.strictObject(place),
  status: 201,
  location: '/branches/{id}',
  answer: branchView,
});

const move = writeRoute({
  path: '/branches/{id}',
  id: 'updateBranch',
  summary: 'Update the place of a branch',
  description: 'Its listings follow it into its zone.',
  params: z.object({ id: uuid }),
  body: z.strictObject(place),
  status: 200,
  answer: branchView,
});

const show = readRoute({
  path: '/branches/{id}',
  id: 'getBranch',
  summary: 'Get a branch',
  description: 'For its tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: branchView,
});

const list = readRoute({
  path: '/tenants/{id}/branches',
  id: 'listBranches',
  summary: 'List the branches of a tenant',
  description: 'Oldest first.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ branches: z.array(branchView), nextCursor: z.string().nullable() }),
});

/** The branches' paths. */
export function branchRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(open, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const where = c.req.valid('json');
    return create(c, deps, {
      decide({ db, caller, now }) {
        if (!actsFor(caller, tenantId)) throw notFound();
        const opening = { id: uuidv7(), tenantId, place: where, actorUserId: caller.userId };
        const { branch, events } = openBranch(opening, now);
        return { status: 201, body: branch, events, statements: [insertBranch(db, branch)] };
      },
    });
  });

  api.openapi(move, (c) => {
    const { id } = c.req.valid('param');
    const where = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const before = await findBranchToChange(tx, id);
      if (before === undefined || !actsFor(caller, before.tenantId)) throw notFound();
      const { branch, events } = moveBranch(before, { place: where, actorUserId: caller.userId }, now);
      if (branch !== before) save(saveBranch(tx, branch));
      emit(events);
      return { status: 200, body: branch };
    });
  });

  api.openapi(show, async (c) => {
    const caller = c.get('caller');
    const branch = await findBranch(deps.sql, c.req.valid('param').id);
    const isShown = branch !== undefined && (actsFor(caller, branch.tenantId) || caller.roles.has('backoffice:read'));
    if (!isShown) throw notFound();
    return c.json(branch, 200);
  });

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    const scope = `branches of ${tenantId}`;
    const rows = await listBranches(deps.sql, { tenantId, after: endOf(scope, given), limit: size + 1 });
    const { page: branches, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ branches, nextCursor }, 200);
  });
}
