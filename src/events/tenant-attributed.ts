import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { day, money } from './fields.ts';

/** An ambassador brought a tenant, and earns by this plan between these days. */
export const tenantAttributed = defineEvent({
  type: 'TenantAttributed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    attributionId: z.uuid(),
    tenantId: z.uuid(),
    ambassadorUserId: z.uuid(),
    planId: z.uuid(),
    rateBasisPoints: z.int().min(0).max(10_000),
    cap: money.nullable(),
    startsOn: day,
    endsOn: day.nullable(),
  }),
});
