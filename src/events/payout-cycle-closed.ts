import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { day, money } from './fields.ts';

/** An ambassador's period was added up and will be paid. */
export const payoutCycleClosed = defineEvent({
  type: 'PayoutCycleClosed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    cycleId: z.uuid(),
    ambassadorUserId: z.uuid(),
    periodStart: day,
    periodEnd: day,
    lines: z.int().nonnegative(),
    total: money,
    payable: money,
  }),
});
