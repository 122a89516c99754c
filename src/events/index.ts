import type { AnyContract } from '../kernel/event.ts';
import { emailRequested } from './email-requested.ts';
import { tenantCreated } from './tenant-created.ts';
import { tenantVerified } from './tenant-verified.ts';
import { ticketAssigned } from './ticket-assigned.ts';
import { ticketCreated } from './ticket-created.ts';

/** Every event type there is, sorted by name. */
export const contracts: readonly AnyContract[] = Object.freeze([
  emailRequested,
  tenantCreated,
  tenantVerified,
  ticketAssigned,
  ticketCreated,
]);
