import { z } from '@hono/zod-openapi';
import { countries, currencies } from '../../domain/iso-codes.ts';
import { findUnreadable, findUnreadableInLine, isBlank, isLongerThan } from '../../domain/readable-text.ts';
import { isTimeZone } from '../../domain/time-zone.ts';
import { readEmailAddress } from '../../platform/email-address.ts';

/** A UUID in lower case, as PostgreSQL writes it: two spellings of one id must compare as equal. */
export const uuid = z.uuid().toLowerCase();

const readable = (maxLength: number, find: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    if (isLongerThan(text, maxLength)) {
      context.addIssue({ code: 'too_big', origin: 'string', maximum: maxLength, inclusive: true, input: text });
      return;
    }
    const message = find(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }).openapi({ maxLength });

const unlessBlank = (find: (text: string) => string | undefined) => (text: string) =>
  isBlank(text) ? 'must not be blank' : find(text);

/** One line of visible text, of so many code points. Control characters would end up in headers of mail. */
export const line = (maxLength: number) =>
  readable(maxLength, unlessBlank(findUnreadableInLine)).openapi({ example: 'Clima Norte' });

/** Text of any lines, kept as it came. */
export const text = (maxLength: number) =>
  readable(maxLength, unlessBlank(findUnreadable)).openapi({ example: 'It drips when it cools.' });

/** Text of any lines, which may be blank. */
export const anyText = (maxLength: number) => readable(maxLength, findUnreadable);

/** An e-mail address, as it can be delivered. */
export const email = z.string().transform((written, context) => {
  const read = readEmailAddress(written);
  if ('address' in read) return read.address;
  context.addIssue({ code: 'custom', message: read.flaw });
  return z.NEVER;
}).openapi({ format: 'email', maxLength: 254, example: 'ana@example.com' });

/** A short name that programs use too. */
export const code = z.string().max(60).regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be in kebab case')
  .openapi({ example: 'roma-norte' });

export const country = z.string().refine((code) => countries.has(code), 'must be an ISO 3166-1 alpha-2 code')
  .openapi({ example: 'MX' });

export const currency = z.string().refine((code) => currencies.has(code), 'must be an ISO 4217 code')
  .openapi({ example: 'MXN' });

export const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone')
  .openapi({ example: 'America/Mexico_City' });

/** How a person is reached. */
export const contact = z
  .strictObject({ name: line(120), email, locale: z.enum(['es', 'en']) })
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

/** A truth value in a query. */
export const flag = (fallback: boolean) =>
  z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }).default(fallback)
    .openapi({ type: 'boolean', default: fallback });
