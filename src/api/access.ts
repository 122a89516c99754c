import type { Ticket } from '../domain/ticket.ts';
import type { Caller } from './auth.ts';

/** Whether the caller acts for that tenant. */
export const actsFor = ({ roles, tenantId }: Caller, id: string) => roles.has('tenant') && tenantId === id;

/** Whether the ticket is the caller's: its customer's, or the tenant's. */
export const isParty = (caller: Caller, { customerUserId, tenantId }: Ticket) =>
  caller.userId === customerUserId || actsFor(caller, tenantId);

/** Whether the caller may look at the ticket. */
export const maySee = (caller: Caller, ticket: Ticket) =>
  isParty(caller, ticket) || caller.roles.has('backoffice:read');
