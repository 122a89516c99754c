import { z } from '@hono/zod-openapi';

/** A calendar day, within the years that every store of ours can hold. */
export const day = z.iso.date().refine((date) => date >= '1970' && date < '2200', 'must be between 1970 and 2200')
  .openapi({ example: '2026-11-24' });

/** An amount in an answer, in minor units. */
export const moneyView = z.object({ minor: z.int(), currency: z.string() }).openapi('Money');

/** How a dispute stands, in an answer. */
export const disputeStatus = z.enum(['open', 'won', 'lost'])
  .openapi({ description: 'won is for the marketplace, lost is for the tenant' });
