import { mask } from '../../notifications/templates/mask.ts';

/** A number from here on can be a telephone's. */
const LONG = 1_000_000;

const LONGEST_MASKED = 16_384; // characters

/**
 * Returns a payload as text, JSON in lines. A reader who may not know whom it is about gets the begin of it with its
 * values masked, and undefined where values cannot be told from the rest.
 */
export function webhookPayload(rawBody: Uint8Array, { mayKnow }: { readonly mayKnow: boolean }): string | undefined {
  const text = new TextDecoder().decode(rawBody);
  try {
    if (mayKnow) return JSON.stringify(JSON.parse(text), null, 2);
    const masked = JSON.stringify(mask(JSON.parse(text, longAsText)), null, 2);
    return masked.length > LONGEST_MASKED ? `${masked.slice(0, LONGEST_MASKED).toWellFormed()}\n…` : masked;
  } catch {
    return mayKnow ? text : undefined; // no JSON, or nested too deep for us
  }
}

const longAsText = (_name: string, value: unknown): unknown =>
  typeof value === 'number' && Math.abs(value) >= LONG ? String(value) : value;
