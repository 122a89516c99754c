import type { Context, MiddlewareHandler } from 'hono';
import type { Env } from './context.ts';
import { Problem, unprocessable } from './problem.ts';

const MAX_BYTES = 256 * 1_024;
const MAX_DEPTH = 64;
const JSON_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i;

/** Reads the body once, as JSON that survives storage: every number keeps its value, every text its characters. */
export const readJson: MiddlewareHandler<Env> = async (c, next) => {
  const body = await readJsonBytes(c, MAX_BYTES);
  const text = decode(body);
  parse(text);
  c.set('body', body);
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) }); // where the route's validator looks
  await next();
};

/**
 * Reads the body once, as the bytes that were sent.
 * @throws {Problem} 415 when it does not say it is JSON, 413 when it is too large, 400 when it breaks off.
 */
export async function readJsonBytes(c: Context<Env>, maxBytes: number): Promise<Uint8Array> {
  if (!JSON_TYPE.test(c.req.header('Content-Type') ?? '')) {
    throw new Problem(415, 'The body has to be application/json in UTF-8.');
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
  const numbersKeepTheirValue = scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
  if (!numbersKeepTheirValue) throw unprocessable('', 'has a number that would lose its value; write it as text');
  if (text.includes('\\u') && !isStorable(value)) throw unprocessable('', 'has a character that can’t be stored');
  return value;
}

/** A text, a bracket or a number; what stands between them is of no matter here. */
const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[[\]{}]|-?\d[\d.eE+-]*/g;

/** One pass before anything recursive sees the text: bounds its depth; says whether its numbers keep their value. */
function scan(text: string): boolean {
  let depth = 0;
  let isExact = true;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (!token.startsWith('"')) isExact &&= keepsItsValue(token);
    if (depth > MAX_DEPTH) throw new Problem(400, `The body is nested deeper than ${MAX_DEPTH}.`);
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
