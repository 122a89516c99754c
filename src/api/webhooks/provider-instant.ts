import { instant } from '../http/fields.ts';

/** A number up to here counts seconds: as milliseconds it would be in March of 1970. */
const LAST_SECOND = 7_258_118_400;
/** What happened before it is a clock that begins at 1970. */
const EARLIEST = Date.UTC(2000);
/** How far ahead of ours a provider's clock may be. */
const AHEAD_MS = 300_000;

/**
 * Reads a provider's instant: in ISO 8601, or since 1970 in seconds or milliseconds. Undefined when the field is
 * absent.
 */
export function readProviderInstant(written: unknown): Date | 'unreadable' | undefined {
  if (written == null || written === '') return undefined;
  const isNumber =
    typeof written === 'number' || (typeof written === 'string' && /^\d{1,13}(\.\d{1,9})?$/.test(written));
  const { data: at } = instant.safeParse(isNumber ? fromEpoch(Number(written)) : written);
  return at === undefined || at.getTime() < EARLIEST ? 'unreadable' : at;
}

/**
 * Returns when a reported thing happened: when it was received, where the report does not say. Undefined when its word
 * cannot be true.
 */
export function believe(reportedAt: Date | 'unreadable' | undefined, receivedAt: Date): Date | undefined {
  if (reportedAt === undefined) return receivedAt;
  return reportedAt === 'unreadable' || reportedAt.getTime() > receivedAt.getTime() + AHEAD_MS ? undefined : reportedAt;
}

function fromEpoch(number: number): string | undefined {
  const at = new Date(number <= LAST_SECOND ? number * 1_000 : number);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
