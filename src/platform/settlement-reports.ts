import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { parseContentType } from './content-type.ts';
import { codeOf, retryAfterMs } from './post.ts';
import { Unavailable } from './unavailable.ts';

export interface SettlementReportsOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly accessToken: string;
  /** From the request to the last byte. */
  readonly timeoutMs?: number;
}

/** Where a payment provider publishes what it settled for us, a report a day. */
export interface SettlementReports {
  /**
   * The report of a day of UTC, CSV as it comes; undefined while there is none.
   * @throws {Unavailable} when it can't be asked now, as the stream does when it breaks off; {RefusedRequest} when it never can.
   */
  fetch(day: string, signal: AbortSignal): Promise<Readable | undefined>;
}

/** The provider answered what asking again will not change. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
}

const MOST_REDIRECTS = 5;
const ABSENT_MS = 3_600_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Answers that say that there is no report yet: being made, nothing to send, none. */
const ABSENT = new Set([202, 204, 404]);
/** Pages and messages of a server that has no report to send. Whatever else comes may be CSV, and the reader says whether it is. */
const OTHER_TYPES = new Set(['text/html', 'application/xhtml+xml', 'application/json', 'application/problem+json']);

/** Asks with our token; it opens nothing. Where the provider keeps the report elsewhere, the token stays here. */
export function openSettlementReports(
  { url, accessToken, timeoutMs = 300_000 }: SettlementReportsOptions,
): SettlementReports {
  async function ask(day: string, signal: AbortSignal): Promise<Readable | undefined> {
    const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]);
    let at = new URL(`${url}/v1/settlement-reports/${day}`);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const token = redirects === 0 ? { Authorization: `Bearer ${accessToken}` } : {};
      const answer = await fetch(at.href, { headers: { ...token, Accept: 'text/csv' }, redirect: 'manual', signal: limit }).catch(away);
      if (!REDIRECTS.has(answer.status)) return takeBody(answer, redirects > 0);
      await answer.body?.cancel();
      at = nextPlace(at, answer.headers.get('Location'));
    }
    throw new RefusedRequest(`answered more than ${MOST_REDIRECTS} redirects`);
  }
  return Object.freeze({ fetch: ask });
}

/** @throws {RefusedRequest} for a redirect to nowhere, or to a place without TLS from one with it. */
function nextPlace(at: URL, location: string | null): URL {
  const next = location === null ? null : URL.parse(location, at.href);
  const isAllowed = next?.protocol === 'https:' || (next?.protocol === 'http:' && at.protocol === 'http:');
  if (next === null || !isAllowed) throw new RefusedRequest('answered a redirect that cannot be followed');
  return next;
}

async function takeBody({ status, headers, body }: Response, isElsewhere: boolean): Promise<Readable | undefined> {
  const mediaType = parseContentType(headers.get('Content-Type') ?? '')?.mediaType ?? '';
  const isReport = status === 200 && body !== null && headers.get('Content-Length') !== '0';
  if (isReport && !OTHER_TYPES.has(mediaType)) return Readable.from(untilBroken(body as ReadableStream<Uint8Array>));
  await body?.cancel();
  if (ABSENT.has(status) || (status === 200 && !isReport)) return undefined;
  if (status === 200) throw new Unavailable('the answer is no CSV', { forMs: ABSENT_MS });
  if (status === 408 || status === 425 || status === 429 || status >= 500) throw new Unavailable(`answered ${status}`, { forMs: retryAfterMs(headers) });
  if (isElsewhere) throw new Unavailable(`answered ${status} after a redirect`, { forMs: ABSENT_MS }); // a link may have expired
  throw new RefusedRequest(`answered ${status}`);
}

async function* untilBroken(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    away(error);
  }
}

function away(error: unknown): never {
  throw new Unavailable(codeOf(error), { cause: error });
}
