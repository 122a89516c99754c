import { z } from 'zod';

/** An amount in minor units of an ISO 4217 currency: `{ minor: 1250, currency: 'EUR' }` is 12.50 €. May be negative. */
export const money = z.object({ minor: z.int(), currency: z.string().regex(/^[A-Z]{3}$/) });

/** An instant as ISO 8601 in UTC. */
export const instant = z.iso.datetime();

/** A calendar day, `2026-11-24`, in the zone of whoever the event is about. */
export const day = z.iso.date();
