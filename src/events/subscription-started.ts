import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { day, money } from './fields.ts';

/** A tenant began to pay for a plan. */
export const subscriptionStarted = defineEvent({
  type: 'SubscriptionStarted', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    subscriptionId: z.uuid(),
    tenantId: z.uuid(),
    plan: z.string(),
    price: money,
    period: z.enum(['monthly', 'yearly']),
    startsOn: day,
  }),
});
