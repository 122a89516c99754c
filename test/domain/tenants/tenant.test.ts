import { describe, expect, test } from 'vitest';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import { openTenant, verifyTenant } from '../../../src/domain/tenants/tenant.ts';

const now = new Date('2026-03-01T12:00:00Z');
const id = '0195f3c0-0000-7000-8000-000000000001';
const ownerUserId = '0195f3c0-0000-7000-8000-000000000002';
const operatorUserId = '0195f3c0-0000-7000-8000-000000000003';
const input = { id, ownerUserId, name: 'Taller Ruiz', country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City' };
const evidence = { kind: 'tax-certificate', reference: 'doc-1' };

describe('a tenant', () => {
  test('is unverified when it is founded, and says so in an event', () => {
    const { tenant, events } = openTenant(input, now);
    expect(tenant).toEqual({ ...input, status: 'unverified', createdAt: now, verification: null });
    expect(events).toEqual([
      {
        eventType: 'TenantCreated', schemaVersion: 2, tenantId: id, actorUserId: ownerUserId, occurredAt: now,
        payload: { tenantId: id, ownerUserId, name: 'Taller Ruiz', country: 'MX', currency: 'MXN' },
      },
    ]);
  });

  test('is verified once, by an operator, on evidence whose place stays out of the event', () => {
    const { tenant } = openTenant(input, now);
    const verified = verifyTenant(tenant, { evidence, operatorUserId }, now);
    expect(verified.tenant).toMatchObject({ status: 'verified', verification: { evidence, operatorUserId, at: now } });
    expect(verified.events.map(({ eventType, payload }) => [eventType, payload])).toEqual([
      ['TenantVerified', { tenantId: id, ownerUserId, name: 'Taller Ruiz', evidenceKind: 'tax-certificate' }],
    ]);
    expect(() => verifyTenant(verified.tenant, { evidence, operatorUserId }, now)).toThrow(IllegalTransition);
  });
});
