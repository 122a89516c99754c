import { z } from '@hono/zod-openapi';
import { countries, currencies } from '../domain/iso-codes.ts';

/** A UUID in lower case, as PostgreSQL writes it: two spellings of one id must compare as equal. */
export const uuid = z.uuid().toLowerCase();

/** One line of visible text. Control characters would end up in headers of mail. */
export const line = (maxLength: number) =>
  z.string().max(maxLength).regex(/\S/, 'must not be blank').regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'must be one line')
    .openapi({ example: 'Clima Norte' });

/** Text of any lines, kept as it came. */
export const text = (maxLength: number) => z.string().max(maxLength).regex(/\S/, 'must not be blank')
  .openapi({ example: 'It drips when it cools.' });

/** A short name that programs use too. */
export const code = z.string().max(60).regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be in kebab case')
  .openapi({ example: 'roma-norte' });

export const country = z.string().refine((code) => countries.has(code), 'must be an ISO 3166-1 alpha-2 code')
  .openapi({ example: 'MX' });

export const currency = z.string().refine((code) => currencies.has(code), 'must be an ISO 4217 code')
  .openapi({ example: 'MXN' });

export const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone')
  .openapi({ example: 'America/Mexico_City' });

/** Of the short names some are Java's, and PostgreSQL knows none of those. */
function isTimeZone(name: string): boolean {
  if (!/^(UTC|[A-Za-z][\w+-]*\/[\w+/-]+)$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** How a person is reached. */
export const contact = z
  .strictObject({ name: line(120), email: z.email().max(254), locale: z.enum(['es', 'en']) })
  .openapi('Contact');

/** E.164. */
export const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number like +525512345678');

/** An instant with its zone, within the years that every store of ours can hold. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((written) => new Date(written))
  .refine((at) => at.getTime() >= 0 && at.getUTCFullYear() < 2200, 'must be between 1970 and 2200');

/** The digest of a set of ids that was shown: SHA-256 in hexadecimal. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be the digest of a preview');

/** How many rows a page has. */
export const limit = z.coerce.number().int().min(1).max(100).default(50);

/** What the page before ended with, as it was given. */
export const cursor = z.string().min(1).max(500).optional();
