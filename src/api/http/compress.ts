import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from 'hono/compress';
import { parseAccept } from 'hono/utils/accept';
import type { Env } from './context.ts';
import { addVary } from './vary.ts';

/** Answers below this size gain less than their decompression costs. */
const SMALLEST_BYTES = 1_024;
const BROTLI_QUALITY = 4; // about gzip's time, and smaller

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** The encodings that we write, the preferred one first. */
const ENCODINGS = {
  br: (bytes: Uint8Array) => brotliAsync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes: Uint8Array) => gzipAsync(bytes),
} as const;
type Encoding = keyof typeof ENCODINGS;

/** Compresses texts as the client asks for. Streams of events are no text here: they leave at once, as they are. */
export function compress(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const isText = COMPRESSIBLE_CONTENT_TYPE_REGEX.test(c.res.headers.get('Content-Type') ?? '');
    // A 304 has no type, and varies as the answer that it stands for.
    if (!isText && c.res.status !== 304) return;
    addVary(c.res.headers, 'Accept-Encoding');
    const encoding = chooseEncoding(c.req.header('Accept-Encoding'));
    if (encoding === undefined || c.req.method === 'HEAD' || c.res.headers.has('Content-Encoding')) return;
    if (c.res.body === null) return; // last: whoever looks at the body makes Node build a whole response first
    const { status, headers } = c.res;
    const plain = new Uint8Array(await c.res.arrayBuffer());
    if (plain.byteLength < SMALLEST_BYTES) {
      c.res = new Response(plain, { status, headers });
      return;
    }
    const written = new Headers(headers);
    written.set('Content-Encoding', encoding);
    written.delete('Content-Length');
    // The bytes are others than those that the tag was made of.
    const etag = written.get('ETag');
    if (etag?.startsWith('"') === true) written.set('ETag', `W/${etag}`);
    c.res = undefined; // otherwise the headers of the first answer would be merged in
    c.res = new Response(new Uint8Array(await ENCODINGS[encoding](plain)), { status, headers: written });
  };
}

/** Returns the encoding that a client prefers, ours first among equals; undefined where it takes none. */
function chooseEncoding(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const accepted = parseAccept(header).map(({ type, q }) => ({ type: type.toLowerCase(), q }));
  const rest = accepted.find(({ type }) => type === '*')?.q ?? 0;
  const weights = (Object.keys(ENCODINGS) as Encoding[])
    .map((name) => ({ name, q: accepted.find(({ type }) => type === name)?.q ?? rest }))
    .filter(({ q }) => q > 0)
    .toSorted((one, other) => other.q - one.q);
  return weights[0]?.name;
}
