import type { Context, MiddlewareHandler } from 'hono';
import { isUtf8Of } from '../../platform/content-type.ts';
import type { Env } from './context.ts';
import { Problem, unprocessable } from './problem.ts';

const MAX_BYTES = 256 * 1_024;
const MAX_DEPTH = 64;
/** Foreign fields of a provider may nest deeper than ours. */
const MAX_FOREIGN_DEPTH = 1_000;

/** Reads the body once, as JSON that survives storage: every number keeps its value, every text its characters. */
export const readJson: MiddlewareHandler<Env> = async (c, next) => {
  const body = await readJsonBytes(c, MAX_BYTES);
  const text = decode(body);
  const value = parse(text);
  c.set('body', body);
  c.set('canonicalBody', () => canonicalize(value));
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) }); // where the route's validator looks
  c.req.raw.headers.set('Content-Type', 'application/json'); // that validator knows few spellings
  await next();
};

/**
 * Reads the body once, as the bytes that were sent.
 * @throws {Problem} 415 when it does not say it is JSON, 413 when it is too large, 400 when it breaks off.
 */
export async function readJsonBytes(c: Context<Env>, maxBytes: number): Promise<Uint8Array> {
  if (!isUtf8Of('application/json', c.req.header('Content-Type'))) {
    throw new Problem(415, 'The body must be application/json in UTF-8.');
  }
  if (!/^(identity)?$/i.test(c.req.header('Content-Encoding') ?? '')) {
    throw new Problem(415, 'The body has to be sent without a Content-Encoding.', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
  const declared = c.req.header('Content-Length');
  if (Number(declared ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Node ends a body at its declared length.
    if (declared !== undefined) return new Uint8Array(await c.req.raw.arrayBuffer());
    for await (const chunk of c.req.raw.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(400, 'The body broke off.');
  }
  return Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number) =>
  new Problem(413, `A body has at most ${maxBytes} bytes.`, { headers: { Connection: 'close' } });

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {Problem} 400 when the bytes are not UTF-8. */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, 'The body is not UTF-8.');
  }
}

/**
 * Parses JSON of bounded depth.
 * @throws {Problem} 400 when it is not JSON, or nested too deep; 422 when something in it would not survive.
 */
export function parse(text: string): unknown {
  const numbersKeepTheirValue = scan(text, MAX_DEPTH);
  const value = parseJson(text);
  if (!numbersKeepTheirValue) throw unprocessable('', 'has a number that would lose its value; write it as text');
  if (text.includes('\\u') && !isStorable(value)) throw unprocessable('', 'has a character that cannot be stored');
  return value;
}

/**
 * Parses what a provider signed. A number that would lose its value stays the text that was sent. @throws {Problem} 400
 */
export function parseForeign(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes); // what is not UTF-8 becomes U+FFFD, in the field where it stands
  const isExact = scan(text, MAX_FOREIGN_DEPTH);
  return parseJson(text, isExact ? undefined : keepNumber);
}

/** Keeps the text of a number that would lose its value. */
const keepNumber = (_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
  typeof value === 'number' && source !== undefined && !keepsItsValue(source) ? source : value;

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

function parseJson(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver) as unknown;
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
}

/** Writes JSON in one form: equal values in another order of keys, spacing or spelling become equal texts. */
export function canonicalize(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalize(member)}`).join(',')}}`;
}

/** A text, a bracket or a number; what stands between them is of no matter here. */
const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[[\]{}]|-?\d[\d.eE+-]*/g;

/** One pass before anything recursive sees the text: bounds its depth; says whether its numbers keep their value. */
function scan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isExact = true;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (!token.startsWith('"')) isExact &&= keepsItsValue(token);
    if (depth > maxDepth) throw new Problem(400, `The body is nested deeper than ${maxDepth}.`);
  }
  return isExact;
}

function keepsItsValue(source: string): boolean {
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/^[^eE]*[1-9]/.test(source);
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

/** Whether PostgreSQL can keep every text of it: no NUL, no half of a surrogate pair. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member));
}
