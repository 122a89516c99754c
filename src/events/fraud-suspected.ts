import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** Scoring found something that a person should look at. */
export const fraudSuspected = defineEvent({
  type: 'FraudSuspected', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    caseId: z.uuid(),
    subject: z.enum(['tenant', 'ambassador', 'reviewer', 'ring']),
    subjectId: z.uuid(),
    /** 0 to 1000. */
    score: z.int().min(0).max(1_000),
  }),
});
