import { leadCreated } from '../../events/lead-created.ts';
import { leadStatusChanged } from '../../events/lead-status-changed.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { take, type Machine } from '../machine.ts';
import type { Tenant } from '../tenants/tenant.ts';

export type LeadStatus = 'new' | 'contacted' | 'qualified' | 'won' | 'lost';

/** A lead's way: each status allows the next ones, by their names. */
export const leadMachine: Machine<LeadStatus, LeadStatus> = Object.freeze({
  new: { contacted: 'contacted', lost: 'lost' },
  contacted: { qualified: 'qualified', lost: 'lost' },
  qualified: { won: 'won', lost: 'lost' },
  won: {},
  lost: {},
});

/** Somebody who may become a tenant's customer. */
export interface Lead {
  readonly id: string;
  readonly tenantId: string;
  readonly source: 'form' | 'whatsapp' | 'phone' | 'referral';
  readonly listingId: string | null;
  readonly contact: Prospect;
  readonly status: LeadStatus;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly firstResponseAt: Date | null;
}

/** How the prospect is reached: by one of the two at least. */
export interface Prospect {
  readonly name: string;
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
}

export interface LeadDecision {
  readonly lead: Lead;
  readonly events: readonly NewEvent[];
}

export interface NewLead extends Pick<Lead, 'id' | 'source' | 'listingId' | 'contact' | 'createdBy'> {
  readonly tenant: Tenant;
}

/**
 * Somebody may become a tenant's customer.
 * @throws {IllegalTransition} when the tenant is not verified.
 */
export function createLead({ tenant, ...input }: NewLead, now: Date): LeadDecision {
  if (tenant.status !== 'verified') throw new IllegalTransition('The tenant is not verified yet.');
  const { id: tenantId, ownerUserId: tenantOwnerUserId, name: tenantName } = tenant;
  const { id: leadId, source, listingId, createdBy } = input;
  const created = leadCreated({
    tenantId,
    actorUserId: createdBy,
    occurredAt: now,
    payload: { leadId, tenantId, tenantOwnerUserId, tenantName, source, listingId },
  });
  return { lead: { ...input, tenantId, status: 'new', createdAt: now, firstResponseAt: null }, events: [created] };
}

/**
 * A tenant moves a lead along; getting in contact is the first response. One that is lost unanswered has none.
 * @throws {IllegalTransition} when the lead's status does not allow it.
 */
export function moveLead(
  lead: Lead,
  { to, actorUserId }: { readonly to: LeadStatus; readonly actorUserId: string },
  now: Date,
): LeadDecision {
  const status = take(leadMachine, to, { thing: 'lead', state: lead.status });
  const isFirstResponse = status === 'contacted' && lead.firstResponseAt === null;
  const moved: Lead = { ...lead, status, firstResponseAt: isFirstResponse ? now : lead.firstResponseAt };
  const { id: leadId, tenantId, status: from } = lead;
  const firstResponseSeconds = isFirstResponse ? secondsToFirstResponse(moved) : null;
  const changed = leadStatusChanged({
    tenantId, actorUserId, occurredAt: now, payload: { leadId, tenantId, from, to: status, firstResponseSeconds },
  });
  return { lead: moved, events: [changed] };
}

/** Whole seconds that the prospect waited; null while nobody has answered. Machines' clocks make it no less than 0. */
export function secondsToFirstResponse({ createdAt, firstResponseAt }: Lead): number | null {
  if (firstResponseAt === null) return null;
  return Math.max(0, Math.floor((firstResponseAt.getTime() - createdAt.getTime()) / 1_000));
}
