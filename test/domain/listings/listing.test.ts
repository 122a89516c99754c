import { expect, test } from 'vitest';
import { laterVisits, visited, type Visit } from '../../../src/domain/listings/listing.ts';
import { id, now, tenant } from '../../support/facts.ts';

const visit = (minutes: number, other: Partial<Visit> = {}): Visit => ({
  listingId: id(1), kind: 'view', visitorHash: 'v', ipHash: 'i', at: new Date(now.getTime() + minutes * 60_000),
  ...other,
});

test('after one that counted, those half an hour later may count, of the same visitor, listing and kind', () => {
  const others = [{ visitorHash: 'w' }, { kind: 'whatsapp-click' }, { listingId: id(2) }] as const;
  const visits = [visit(0), visit(29), visit(30), visit(61), ...others.map((other) => visit(61, other))];
  expect(laterVisits(visits, [visit(0)])).toEqual([visit(30), visit(61)]);
});

test.each([
  ['view', 'ListingViewed'],
  ['whatsapp-click', 'WhatsAppClicked'],
] as const)('a %s is told of as %s, at its time', (kind, eventType) => {
  const counted = { ...visit(0, { kind }), tenantId: tenant.id, zone: 'roma-norte' };
  expect(visited(counted)).toMatchObject({
    eventType, tenantId: tenant.id, occurredAt: now,
    payload: { listingId: id(1), tenantId: tenant.id, zone: 'roma-norte', visitorHash: 'v', ipHash: 'i' },
  });
});
