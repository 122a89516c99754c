import { randomUUID } from 'node:crypto';
import { tenantCreated } from '../../src/events/tenant-created.ts';

/** Some tenant has joined: an event for tests to which any will do. */
export function tenantJoined(name = 'Taller Norte') {
  const tenantId = randomUUID();
  const payload = { tenantId, ownerUserId: randomUUID(), name, country: 'ES', currency: 'EUR' };
  return tenantCreated({ tenantId, occurredAt: new Date(), payload });
}
