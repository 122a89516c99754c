import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { day, money } from './fields.ts';

/** A tenant was billed for a period; a correction is another invoice. */
export const invoiceIssued = defineEvent({
  type: 'InvoiceIssued', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    invoiceId: z.uuid(),
    tenantId: z.uuid(),
    number: z.string(),
    periodStart: day,
    periodEnd: day,
    total: money,
  }),
});
