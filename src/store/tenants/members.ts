import type { Invitation, Member } from '../../domain/tenants/member.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Makes the statement that adds a member, or takes one back who was removed. */
export const insertMember = (db: Db, { tenantId, userId, role, joinedAt }: Member) => db`
  insert into tenant_member as current (tenant_id, user_id, role, joined_at)
  values (${tenantId}, ${userId}, ${role}, ${joinedAt})
  on conflict (tenant_id, user_id) do update
  set joined_at = excluded.joined_at, removed_at = null
  where current.removed_at is not null
`;

/** Finds a member who was not removed. */
export async function findMember(db: Db, tenantId: string, userId: string): Promise<Member | undefined> {
  const [member] = await db<Member[]>`
    select tenant_id as "tenantId", user_id as "userId", role, joined_at as "joinedAt"
    from tenant_member
    where tenant_id = ${tenantId} and user_id = ${userId} and removed_at is null
  `;
  return member;
}

/** Reads the tenants that people work for, by user id. */
export async function readMemberships(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (userIds.length === 0) return new Map();
  const rows = await db<{ userId: string; tenantIds: string[] }[]>`
    select user_id as "userId", array_agg(tenant_id) as "tenantIds"
    from tenant_member
    where user_id = any(${[...userIds]}::uuid[]) and removed_at is null
    group by user_id
  `;
  return new Map(rows.map(({ userId, tenantIds }) => [userId, new Set(tenantIds)]));
}

/** Lists the members of a tenant who were not removed, the first one first. */
export const listMembers = (db: Db, tenantId: string) => db<Member[]>`
  select tenant_id as "tenantId", user_id as "userId", role, joined_at as "joinedAt"
  from tenant_member
  where tenant_id = ${tenantId} and removed_at is null
  order by joined_at, user_id
`;

/** Removes a member. */
export async function removeMember(tx: Tx, { tenantId, userId }: Member, now: Date): Promise<void> {
  await tx`
    update tenant_member set removed_at = ${now}
    where tenant_id = ${tenantId} and user_id = ${userId} and removed_at is null
  `;
}

/** Makes the statement that adds an invitation. */
export const insertInvitation = (db: Db, { id, tenantId, invitedBy, createdAt, expiresAt }: Invitation) => db`
  insert into member_invitation (id, tenant_id, invited_by, created_at, expires_at)
  values (${id}, ${tenantId}, ${invitedBy}, ${createdAt}, ${expiresAt})
`;

/** Finds an open invitation of a tenant. */
export async function findInvitation(
  db: Db, id: string, tenantId: string,
): Promise<Omit<Invitation, 'tenantId'> | undefined> {
  const [invitation] = await db<Omit<Invitation, 'tenantId'>[]>`
    select id, invited_by as "invitedBy", created_at as "createdAt", expires_at as "expiresAt"
    from member_invitation
    where id = ${id} and tenant_id = ${tenantId} and accepted_by is null and expires_at > now()
  `;
  return invitation;
}

/** Lists a tenant's open invitations, the newest first. */
export const listInvitations = (db: Db, tenantId: string) => db<Omit<Invitation, 'tenantId'>[]>`
  select id, invited_by as "invitedBy", created_at as "createdAt", expires_at as "expiresAt"
  from member_invitation
  where tenant_id = ${tenantId} and accepted_by is null and expires_at > now()
  order by id desc
  limit ${MOST_INVITATIONS}
`;

const MOST_INVITATIONS = 100;

/** Accepts an open invitation; returns its tenant's id, or undefined when it was accepted or has expired. */
export async function acceptInvitation(tx: Tx, id: string, userId: string): Promise<string | undefined> {
  const [accepted] = await tx<{ tenantId: string }[]>`
    update member_invitation
    set accepted_by = ${userId}, accepted_at = now()
    where id = ${id} and accepted_by is null and expires_at > now()
    returning tenant_id as "tenantId"
  `;
  return accepted?.tenantId;
}
