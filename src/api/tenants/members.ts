import { z } from '@hono/zod-openapi';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import { changeContact } from '../../domain/tenants/contact.ts';
import { assertRemovable, type Invitation, inviteMember } from '../../domain/tenants/member.ts';
import { isSame } from '../../platform/is-same.ts';
import { keyedHash } from '../../platform/keyed-hash.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findOwnContact, saveOwnContact } from '../../store/tenants/contacts.ts';
import {
  acceptInvitation, findInvitation, findMember, insertInvitation, insertMember, listInvitations, listMembers,
  removeMember,
} from '../../store/tenants/members.ts';
import { actsFor } from '../http/access.ts';
import { command } from '../http/command.ts';
import { authorOf } from './contacts.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { contact, uuid } from '../http/fields.ts';
import { notFound, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const memberView = z
  .object({ tenantId: uuid, userId: uuid, role: z.enum(['owner', 'member']), joinedAt: z.iso.datetime() })
  .openapi('Member');

const params = z.object({ id: uuid });

const invitationView = z.object({ id: uuid, code: z.string(), expiresAt: z.iso.datetime() }).openapi('Invitation');

const invite = writeRoute({
  path: '/tenants/{id}/invitations',
  id: 'createInvitation',
  summary: 'Create an invitation',
  description: 'Whoever gets the code from the caller can accept it once, until it expires.',
  params,
  body: z.strictObject({}),
  status: 201,
  location: '/tenants/:id/invitations/{id}',
  answer: invitationView,
});

const showInvitation = readRoute({
  path: '/tenants/{id}/invitations/{invitationId}',
  id: 'getInvitation',
  summary: 'Get an invitation',
  description: 'With its code, for the user who created it, until it is accepted or expires.',
  params: params.extend({ invitationId: uuid }),
  query: none,
  answer: invitationView,
});

const listOpen = readRoute({
  path: '/tenants/{id}/invitations',
  id: 'listInvitations',
  summary: 'List the open invitations of a tenant',
  description: 'The newest 100, without their codes.',
  params,
  query: none,
  answer: z.object({
    invitations: z.array(
      z.object({ id: uuid, invitedBy: uuid, createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() })
        .openapi('OpenInvitation'),
    ),
  }),
});

const accept = writeRoute({
  path: '/memberships',
  id: 'acceptInvitation',
  summary: 'Accept an invitation',
  description: 'The caller becomes a member of the tenant.',
  params: none,
  body: z.strictObject({ code: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be an invitation’s code'), contact }),
  status: 201,
  location: '/tenants/{tenantId}/members/{userId}',
  answer: memberView,
});

const show = readRoute({
  path: '/tenants/{id}/members/{userId}',
  id: 'getMember',
  summary: 'Get a member',
  description: 'For the tenant, the backoffice and the member.',
  params: params.extend({ userId: uuid }),
  query: none,
  answer: memberView,
});

const list = readRoute({
  path: '/tenants/{id}/members',
  id: 'listMembers',
  summary: 'List the members of a tenant',
  description: 'Only members can be assigned to tickets.',
  params,
  query: none,
  answer: z.object({ members: z.array(memberView) }),
});

const remove = writeRoute({
  path: '/tenants/{id}/members/remove',
  id: 'removeMember',
  summary: 'Remove a member',
  description: 'The owner cannot be removed.',
  params,
  body: z.strictObject({ userId: uuid }),
  status: 200,
  answer: memberView,
});

/** The paths of a tenant's members. */
export function memberRoutes(api: Api, deps: ApiDeps): void {
  const { HASH_KEY, BOUNDS } = deps.config;
  const tokenOf = (id: string) => keyedHash(HASH_KEY, 'invitation', id).slice(0, 32);
  const withCode = ({ id, expiresAt }: Pick<Invitation, 'id' | 'expiresAt'>) => ({
    id,
    code: `${id}.${tokenOf(id)}`,
    expiresAt,
  });

  api.openapi(invite, (c) => {
    const { id: tenantId } = c.req.valid('param');
    return command(c, deps, ({ tx, caller, now, save }) => {
      if (!actsFor(caller, tenantId)) throw notFound();
      const invitation = inviteMember({ id: uuidv7(), tenantId, invitedBy: caller.userId }, now);
      save(insertInvitation(tx, invitation), countUse(tx, BOUNDS, { bound: 'invitations', subject: tenantId, now }));
      return Promise.resolve({ status: 201, body: withCode(invitation) });
    });
  });

  api.openapi(showInvitation, async (c) => {
    const { id: tenantId, invitationId } = c.req.valid('param');
    const caller = c.get('caller');
    const invitation = actsFor(caller, tenantId) ? await findInvitation(deps.sql, invitationId, tenantId) : undefined;
    if (invitation?.invitedBy !== caller.userId) throw notFound();
    return c.json(withCode(invitation), 200);
  });

  api.openapi(listOpen, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    return c.json({ invitations: await listInvitations(deps.sql, tenantId) }, 200);
  });

  api.openapi(accept, (c) => {
    const { code, contact: own } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const { userId } = caller;
      const [id = '', token = ''] = code.split('.');
      const isOurs = isUuid(id) && isSame(token, tokenOf(id));
      const tenantId = isOurs ? await acceptInvitation(tx, id, userId) : undefined;
      if (tenantId === undefined) throw unprocessable('/code', 'is not the code of an open invitation');
      const member = { tenantId, userId, role: 'member', joinedAt: now } as const;
      const decision = changeContact(await findOwnContact(tx, userId), own, authorOf(caller), now);
      save(insertMember(tx, member), ...saveOwnContact(tx, { userId, contact: own }, decision));
      emit(decision.events);
      return { status: 201, body: member };
    });
  });

  api.openapi(show, async (c) => {
    const { id: tenantId, userId } = c.req.valid('param');
    const caller = c.get('caller');
    const mayRead = actsFor(caller, tenantId) || caller.userId === userId || caller.roles.has('backoffice:read');
    const member = mayRead ? await findMember(deps.sql, tenantId, userId) : undefined;
    if (member === undefined) throw notFound();
    return c.json(member, 200);
  });

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    return c.json({ members: await listMembers(deps.sql, tenantId) }, 200);
  });

  api.openapi(remove, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { userId } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now }) => {
      const member = actsFor(caller, tenantId) ? await findMember(tx, tenantId, userId) : undefined;
      if (member === undefined) throw notFound();
      assertRemovable(member);
      await removeMember(tx, member, now);
      return { status: 200, body: member };
    });
  });
}
