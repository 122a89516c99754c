import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Unavailable } from './unavailable.ts';
import { codeOf, retryAfterMs } from './post.ts';

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

/** Asks with our token; it opens nothing. */
export function openSettlementReports(
  { url, accessToken, timeoutMs = 300_000 }: SettlementReportsOptions,
): SettlementReports {
  async function ask(day: string, signal: AbortSignal): Promise<Readable | undefined> {
    const headers = { Authorization: `Bearer ${accessToken}`, Accept: 'text/csv' };
    const given = { headers, redirect: 'manual', signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]) } as const;
    const answer = await fetch(`${url}/v1/settlement-reports/${day}`, given).catch(away);
    const { status, body } = answer;
    const isCsv = /^text\/csv\b/i.test(answer.headers.get('Content-Type') ?? '');
    if (status === 200 && isCsv && body !== null) return Readable.from(untilBroken(body as ReadableStream<Uint8Array>));
    await body?.cancel();
    if (status === 404) return undefined;
    if (status === 429 || status >= 500) throw new Unavailable(`answered ${status}`, { forMs: retryAfterMs(answer.headers) });
    throw new RefusedRequest(status === 200 ? 'the answer is no CSV' : `answered ${status}`);
  }
  return Object.freeze({ fetch: ask });
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
