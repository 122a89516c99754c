import { abortAfter } from './abort-after.ts';
import { neverConnected } from './errors/network-errors.ts';
import { markFailed, startChild } from './telemetry.ts';
import { watchSending } from './watch-sending.ts';

/** What came back of a POST, or how far it got. */
export type Posted =
  | { readonly answered: true; readonly status: number; readonly headers: Headers; readonly body: string }
  /** `handedOver`: the request may have arrived. The reason is a code. */
  | { readonly answered: false; readonly handedOver: boolean; readonly reason: string };

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Posts once, follows no redirection, and does not throw when there is no answer. */
export async function post(url: string, options: PostOptions): Promise<Posted> {
  // The host only: a path may be an address, and a push service's path is a key to a browser.
  const span = startChild('POST', { 'http.request.method': 'POST', 'server.address': URL.parse(url)?.host ?? '' });
  const posted = await send(url, options);
  if (posted.answered) span?.setAttribute('http.response.status_code', posted.status);
  if (span !== undefined && (!posted.answered || posted.status >= 400)) {
    markFailed(span, posted.answered ? String(posted.status) : posted.reason);
  }
  span?.end();
  return posted;
}

async function send(url: string, { headers, body, timeoutMs, signal }: PostOptions): Promise<Posted> {
  if (signal?.aborted === true) return { answered: false, handedOver: false, reason: 'aborted' };
  using limit = abortAfter(timeoutMs, signal);
  const request = { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal } as const;
  const sending = watchSending();
  try {
    const answer = await sending.run(() => fetch(url, request));
    return { answered: true, status: answer.status, headers: answer.headers, body: await readStart(answer) };
  } catch (error) {
    // Without a connection there was no request; with one it may have arrived as soon as its first byte was written.
    return { answered: false, handedOver: sending.hasBegun() && !neverConnected(error), reason: codeOf(error) };
  }
}

const LONGEST_ANSWER = 65_536; // bytes

/** Reads an answer's begin and drops the rest: no provider has that much to say. */
async function readStart({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, LONGEST_ANSWER - bytes));
    bytes += chunk.length;
    if (bytes >= LONGEST_ANSWER) break; // which cancels the body
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Returns what a request failed with, by its code only: a message may quote the URL. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.name;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause.name;
}

const SHORTEST_MS = 1_000;
const LONGEST_MS = 3_600_000;

/** Returns what `Retry-After` asks for, in seconds or as a date, kept between a second and an hour; undefined without it. */
export function pauseMs(headers: Headers, now = Date.now()): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const askedMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(askedMs, SHORTEST_MS), LONGEST_MS);
}

/** Returns the same, and a minute without it. */
export const retryAfterMs = (headers: Headers): number => pauseMs(headers) ?? 60_000;
