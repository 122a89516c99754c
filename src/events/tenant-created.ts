import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A business joined the marketplace; it is not verified yet. */
export const tenantCreated = defineEvent({
  type: 'TenantCreated', // lives in tables and queues: never rename
  version: 2,
  payload: z.object({
    tenantId: z.uuid(),
    ownerUserId: z.uuid(),
    name: z.string(),
    /** ISO 3166-1 alpha-2; version 1 did not say. */
    country: z.string().nullable(),
    /** ISO 4217; version 1 did not say. */
    currency: z.string().nullable(),
  }),
  upcast: { 1: (payload: object) => ({ country: null, currency: null, ...payload }) },
});
