import { z } from '@hono/zod-openapi';
import { anyText } from '../../api/http/fields.ts';
import { Problem } from '../../api/http/problem.ts';
import { TemplateRefused } from '../../notifications/templates/check-template.ts';
import { channelParts } from '../../notifications/templates/template-contract.ts';
import type { TemplatePart } from '../../documents/document-store.ts';

const MOST_LOCALES = 20;
const MOST_FLAWS = 50;
const LONGEST_PART = 256 * 1_024;
const HIGHEST_VERSION = 2 ** 31 - 1; // what the stores can hold

const partNames = Object.values(channelParts).flat();

/** A version's number. */
export const version = z.int().min(1).max(HIGHEST_VERSION);

/** How parts are shown: by locale, then by part. */
export const partsView = z.record(z.string(), z.record(z.string(), z.string()));

const isBounded = (locales: object) => Object.keys(locales).length <= MOST_LOCALES;

/** Texts by locale, then by part, such as `{ "es": { "inbox": "…" } }`; read as a list. */
export const templateParts = z
  .record(
    z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/, 'must be a lower-case locale'),
    z.partialRecord(z.enum(partNames), anyText(LONGEST_PART)),
  )
  .refine(isBounded, `must have at most ${MOST_LOCALES} locales`)
  .transform((locales): readonly TemplatePart[] =>
    Object.entries(locales).flatMap(([locale, parts]) =>
      Object.entries(parts).map(([part, source]) => ({ locale, part, source: source.replaceAll('\r\n', '\n') })),
    ),
  );

/** The other way round. */
export function readParts(parts: readonly TemplatePart[]): z.infer<typeof partsView> {
  const byLocale = Map.groupBy(parts, ({ locale }) => locale);
  const toEntry = ({ part, source }: TemplatePart) => [part, source] as const;
  return Object.fromEntries([...byLocale].map(([locale, own]) => [locale, Object.fromEntries(own.map(toEntry))]));
}

/** @throws {Problem} 422 with each flaw's part and line, for parts that were refused; anything else as it is. */
export function refuseParts(error: unknown): never {
  if (!(error instanceof TemplateRefused)) throw error;
  const errors = error.problems.slice(0, MOST_FLAWS).map(({ locale, part, line, message }) => {
    const pointer = part === '*' ? `/parts/${locale}` : `/parts/${locale}/${part}`;
    return { in: 'body', pointer, detail: `line ${line}: ${message}` } as const;
  });
  throw new Problem(422, 'The template cannot be published like this.', { errors });
}
