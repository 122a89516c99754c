import { z } from 'zod';
import { uuid } from '../../api/http/fields.ts';
import { moment } from '../kit/fields.ts';

/** Which dead letters a page or a form is about. */
export const letterFilter = z.strictObject({
  consumer: z.string().regex(/^[a-z][a-z-]{0,99}$/).optional(),
  eventType: z.string().regex(/^[A-Z][A-Za-z]{2,63}$/).optional(),
  fingerprint: z.string().regex(/^[\w-]{1,64}$/).optional(),
  tenantId: uuid.optional(),
  eventId: uuid.optional(),
  from: moment.optional(),
  to: moment.optional(),
});
