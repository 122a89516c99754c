import { ticketFor } from './personal-data.ts';
import type { Ticket } from '../../domain/service/ticket.ts';
import type { Caller } from './auth.ts';

/** Whether the caller acts for that tenant. */
export const actsFor = ({ roles, tenantId }: Caller, id: string) => roles.has('tenant') && tenantId === id;

/** Whether the ticket is the caller's: its customer's, or the tenant's. */
export const isParty = (caller: Caller, { customerUserId, tenantId }: Ticket) =>
  caller.userId === customerUserId || actsFor(caller, tenantId);

/** Whether the caller may look at the ticket. */
export const maySee = (caller: Caller, ticket: Ticket) =>
  isParty(caller, ticket) || caller.roles.has('backoffice:read');

/** Returns what belongs to a ticket as the caller may see it: whole for its parties, by the operators' rule for others. */
export const seenBy = <Facts>(caller: Caller, ticket: Ticket, facts: Facts): Facts =>
  isParty(caller, ticket) ? facts : ticketFor(caller, facts);
