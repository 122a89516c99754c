import { z } from 'zod';
import { type BoundName, bounds } from './domain/bounds.ts';
import { scheduleMistake } from './kernel/jobs/schedule.ts';
import { findUrlMistakes } from './platform/postgres/url.ts';

/** A URL of one of the protocols. */
export const url = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join('|').replaceAll('+', '\\+')})$`),
    error: `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });
/** Exact origins with commas between. */
export const origins = z.string().transform((list, context): readonly string[] => {
  const written = list.split(',');
  if (written.every((one) => /^https?:[^*]+$/.test(one) && URL.canParse(one) && new URL(one).origin === one)) return written;
  context.addIssue('exact origins such as https://app.example.com, with commas between');
  return z.NEVER;
});

/** An address on which a process listens. */
export const address = z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], { error: 'an IP address or localhost' });

/** A TCP port; 0 takes a free one. */
export const port = z.coerce.number({ error: 'a port' }).int().min(0).max(65_535);

/** A database whose every parameter is honoured; one that is not is named. */
export const databaseUrl = url('postgres', 'postgresql').superRefine((text, context) => {
  const mistakes = findUrlMistakes(text);
  if (mistakes.length > 0) context.addIssue(mistakes.join('; '));
});

/** A Google service account's key file. */
export const serviceAccount = z.string().transform((text, context) => {
  const read = z
    .object({
      project_id: z.string(), client_email: z.string(), private_key: z.string(), token_uri: url('http', 'https'),
    })
    .safeParse(jsonOf(text));
  if (read.success) return read.data;
  context.addIssue('the JSON of a service account’s key file');
  return z.NEVER;
});

/** Cron expressions by job, as JSON. */
export const crons = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const read = z.record(z.string(), z.string()).safeParse(jsonOf(text));
  const mistakes = Object.entries(read.data ?? {}).flatMap(([job, cron]) => {
    const mistake = scheduleMistake({ cron, timeZone: 'UTC' });
    return mistake === undefined ? [] : [`${job}: ${mistake}`];
  });
  if (read.success && mistakes.length === 0) return read.data;
  context.addIssue(read.success ? mistakes.join('; ') : 'JSON like {"recalculate-ranking":"0 * * * *"}');
  return z.NEVER;
});

/** Names with commas between; `none` is the empty list. */
export const names = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(,[a-z][a-z0-9-]*)*$/, 'names with commas between, or none')
  .transform((list): readonly string[] => (list === 'none' ? [] : list.split(',')));

/** Batches at hand at once by consumer, as JSON. */
export const concurrency = z.string().transform((text, context): Readonly<Record<string, number>> => {
  const read = z.record(z.string(), z.int().min(1).max(100)).safeParse(jsonOf(text));
  if (read.success) return read.data;
  context.addIssue('JSON like {"notify":4}, each from 1 to 100');
  return z.NEVER;
});

/** Whole days by payment provider, as JSON. */
export const daysByProvider = z.string().transform((text, context): Readonly<Record<string, number>> => {
  const read = z.record(z.string(), z.int().min(0).max(60)).safeParse(jsonOf(text));
  if (read.success) return read.data;
  context.addIssue('JSON like {"sandpay":2}, each from 0 to 60');
  return z.NEVER;
});

/** Uses that a window allows, by bound, as JSON. */
export const allowances = z.string().transform((text, context): Readonly<Partial<Record<BoundName, number>>> => {
  const names = Object.keys(bounds) as [BoundName, ...BoundName[]];
  const read = z.partialRecord(z.enum(names), z.int().min(0).max(1_000_000_000)).safeParse(jsonOf(text));
  if (read.success) return read.data;
  context.addIssue(`JSON like {"tickets":20}, of ${names.join(', ')}`);
  return z.NEVER;
});

/** HTTP headers the way OpenTelemetry writes them: `name=value`, with commas between, values percent-encoded. */
export const headers = z.string().transform((list, context): Readonly<Record<string, string>> => {
  try {
    return Object.fromEntries(list.split(',').map((pair) => {
      const [, name = '', value = ''] = /^\s*([\w-]+)=([!-~]+)\s*$/.exec(pair) ?? [];
      if (name === '') throw new URIError();
      return [name, decodeURIComponent(value)];
    }));
  } catch {
    context.addIssue('name=value, with commas between, values percent-encoded');
    return z.NEVER;
  }
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
