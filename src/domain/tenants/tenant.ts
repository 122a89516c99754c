import type { NewEvent } from '../../events/contract/event.ts';
import { tenantCreated } from '../../events/tenant-created.ts';
import { tenantVerified } from '../../events/tenant-verified.ts';
import { IllegalTransition } from '../illegal-transition.ts';

/** A business of the marketplace. */
export interface Tenant {
  readonly id: string;
  readonly ownerUserId: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
  readonly status: 'unverified' | 'verified';
  readonly createdAt: Date;
  readonly verification: Verification | null;
}

export interface Verification {
  readonly evidence: Evidence;
  readonly operatorUserId: string;
  readonly at: Date;
}

/** What an operator saw: its kind and where it is kept. */
export interface Evidence {
  readonly kind: string;
  readonly reference: string;
}

export interface TenantDecision {
  readonly tenant: Tenant;
  readonly events: readonly NewEvent[];
}

export type NewTenant = Pick<Tenant, 'id' | 'ownerUserId' | 'name' | 'country' | 'currency' | 'timeZone'>;

/** A business joins; it can't be asked for anything until it is verified. */
export function openTenant(input: NewTenant, now: Date): TenantDecision {
  const { id, ownerUserId, name, country, currency } = input;
  const tenant: Tenant = { ...input, status: 'unverified', createdAt: now, verification: null };
  const created = tenantCreated({
    tenantId: id,
    actorUserId: ownerUserId,
    occurredAt: now,
    payload: { tenantId: id, ownerUserId, name, country, currency },
  });
  return { tenant, events: [created] };
}

/**
 * An operator accepts a tenant's evidence.
 * @throws {IllegalTransition} when the tenant is verified already.
 */
export function verifyTenant(
  tenant: Tenant,
  { evidence, operatorUserId }: Pick<Verification, 'evidence' | 'operatorUserId'>,
  now: Date,
): TenantDecision {
  if (tenant.status === 'verified') throw new IllegalTransition('The tenant is verified already.');
  const { id, ownerUserId, name } = tenant;
  const verified = tenantVerified({
    tenantId: id,
    actorUserId: operatorUserId,
    occurredAt: now,
    payload: { tenantId: id, ownerUserId, name, evidenceKind: evidence.kind },
  });
  return {
    tenant: { ...tenant, status: 'verified', verification: { evidence, operatorUserId, at: now } },
    events: [verified],
  };
}
