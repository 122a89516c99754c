import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IssueToken, Person } from '../people.ts';

export interface InboxProxyOptions {
  /** Where the API answers. */
  readonly apiUrl: string;
  readonly issueToken: IssueToken;
}

export interface Proxied {
  readonly person: Person;
  /** Below `/notifications/`, with its query: `me?limit=1`. */
  readonly path: string;
}

/** What a page may ask of the inbox, and nothing else of the API. */
const ALLOWED = [/^GET me(\?|$)/, /^GET stream(\?|$)/, /^POST read$/];
const SENT_ON = ['content-type', 'idempotency-key', 'last-event-id'];
const MOST_BYTES = 64 * 1_024;

/** Asks the API for a person, whose token stays here: a page may only ask its own server. */
export function inboxProxy({ apiUrl, issueToken }: InboxProxyOptions) {
  return async (request: IncomingMessage, response: ServerResponse, { person, path }: Proxied): Promise<void> => {
    const isAllowed = ALLOWED.some((allowed) => allowed.test(`${request.method} ${path}`));
    if (!isAllowed) return void response.writeHead(404).end();
    const body = request.method === 'POST' ? await readBody(request) : undefined;
    if (body !== undefined && body.length > MOST_BYTES) return void response.writeHead(413).end();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const headers = new Headers({ authorization: `Bearer ${await issueToken(person, { roles: ['user'] })}` });
    for (const name of SENT_ON) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const options = { method: request.method ?? 'GET', headers, signal: gone.signal, ...(body && { body }) };
    // A browser comes back to a stream that broke, but never to one that was refused.
    const answer = await fetch(`${apiUrl}/notifications/${path}`, options).catch(() => undefined);
    if (answer === undefined) return void request.socket.destroy();
    const type = answer.headers.get('content-type') ?? 'text/plain';
    response.writeHead(answer.status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
    response.flushHeaders();
    if (answer.body === null) return void response.end();
    await pipeline(Readable.fromWeb(answer.body), response).catch(() => undefined);
  };
}

/** Up to one byte more than is allowed. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) break;
  }
  return Buffer.concat(chunks);
}
