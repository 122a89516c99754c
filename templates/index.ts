import type { TemplateContract } from '../src/notifications/template-contract.ts';
import { tenantVerified } from './tenant-verified/contract.ts';
import { ticketAssigned } from './ticket-assigned/contract.ts';
import { ticketCreated } from './ticket-created/contract.ts';

/** Every notification there is, sorted by name. */
export const templateContracts: readonly TemplateContract[] = Object.freeze([
  tenantVerified,
  ticketAssigned,
  ticketCreated,
]);
