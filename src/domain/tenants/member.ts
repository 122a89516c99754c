import { IllegalTransition } from '../illegal-transition.ts';

/** A person who works for a tenant. */
export interface Member {
  readonly tenantId: string;
  readonly userId: string;
  readonly role: 'owner' | 'member';
  readonly joinedAt: Date;
}

/** An invitation to work for a tenant; whoever has its code may accept it, once. */
export interface Invitation {
  readonly id: string;
  readonly tenantId: string;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const OPEN_MS = 7 * 86_400_000;

/** Invites somebody to work for a tenant. */
export function inviteMember(input: Pick<Invitation, 'id' | 'tenantId' | 'invitedBy'>, now: Date): Invitation {
  return { ...input, createdAt: now, expiresAt: new Date(now.getTime() + OPEN_MS) };
}

/** Checks that a member may be removed. @throws {IllegalTransition} for the owner. */
export function assertRemovable({ role }: Member): void {
  if (role === 'owner') throw new IllegalTransition('The owner cannot be removed.');
}
