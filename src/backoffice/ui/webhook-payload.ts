import { mask } from '../../notifications/mask.ts';

/** A number from here on can be a telephone's. */
const LONG = 1_000_000;

/**
 * A payload as text, JSON in lines. Who may not know whom it is about gets its values masked, and nothing where there
 * are none to tell from the rest (undefined).
 */
export function webhookPayload(rawBody: Uint8Array, { mayKnow }: { readonly mayKnow: boolean }): string | undefined {
  const text = new TextDecoder().decode(rawBody);
  try {
    return JSON.stringify(mayKnow ? JSON.parse(text) : mask(JSON.parse(text, longAsText)), null, 2);
  } catch {
    return mayKnow ? text : undefined; // no JSON, or nested too deep for us
  }
}

const longAsText = (_name: string, value: unknown): unknown =>
  typeof value === 'number' && Math.abs(value) >= LONG ? String(value) : value;
