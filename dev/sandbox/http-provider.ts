import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** Failures that the provider answers: it refuses the message, the account, or puts off everybody, us, or the recipient. */
export type ProviderAnswer = 'refuse' | 'account' | 'later' | 'limit' | 'defer';

/**
 * What happens to messages that would have been accepted: an answer by name, or this one; what is no answer; accepted,
 * then the connection is closed unanswered; neither accepted nor answered.
 */
export type ProviderFailure = ProviderAnswer | Reply | 'malformed' | 'drop' | 'silent';

/** A request, read to its end. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, the rest becomes JSON. */
  readonly body?: object | string;
}

/** What becomes of a request: an answer, and the message where it is accepted. */
export type Verdict<Accepted> = Reply | { readonly accepted: Accepted; readonly reply: Reply };

export interface ProviderOptions<Accepted> {
  /** 0 takes a free one. */
  readonly port?: number;
  /** Serves HTTPS with it. */
  readonly certificate?: Certificate | undefined;
  /** Gets what was accepted as JSON lines, each on the disk before its answer. */
  readonly logFile?: string | undefined;
  judge(request: Received): Verdict<Accepted>;
  /** Answers by failure; a provider that has none of its own for the account or the recipient refuses the message. */
  readonly failures: Readonly<Record<'refuse' | 'later' | 'limit', Reply> & Partial<Record<'account' | 'defer', Reply>>>;
}

/** A pretended provider that delivers nothing. */
export interface Provider<Accepted> extends AsyncDisposable {
  readonly url: string;
  /** Oldest first; what was accepted since the start. */
  readonly accepted: readonly Accepted[];
  /** What happens to messages from now on; undefined accepts them. */
  fail: ProviderFailure | undefined;
  /** Messages that a failure has happened to. */
  readonly failed: number;
  /** Pause that `limit` and `defer` ask for. */
  retryAfterSeconds: number;
  /** Refuses connections until it is up again, on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Shows another certificate from now on, and ends the connections that have seen the one before. */
  present(certificate: Certificate): void;
  stop(): Promise<void>;
}

const RETRY_AFTER_SECONDS = 7;

/** Serves a provider's HTTP on loopback. */
export async function startProvider<Accepted extends object>(
  options: ProviderOptions<Accepted>,
): Promise<Provider<Accepted>> {
  const { logFile, judge, failures } = options;
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  const accepted: Accepted[] = [];
  let failed = 0;
  const accept = async (message: Accepted) => {
    await log?.appendFile(`${JSON.stringify({ at: new Date().toISOString(), ...message })}\n`);
    await log?.sync();
    accepted.push(message);
  };
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const { method = '', url: path = '', headers } = request;
    const verdict = judge({ method, path, headers, body });
    if (!('accepted' in verdict)) return answer(response, verdict);
    const { fail, retryAfterSeconds } = provider;
    if (fail !== undefined) failed += 1;
    if (fail === 'silent') return;
    if (fail === 'malformed') return void request.socket.end('HTTP/1.1 yes\r\n\r\n');
    if (typeof fail === 'object') return answer(response, fail);
    if (fail !== undefined && fail !== 'drop') {
      const headers = { 'Retry-After': String(retryAfterSeconds) };
      return answer(response, { ...(failures[fail] ?? failures.refuse), ...((fail === 'limit' || fail === 'defer') && { headers }) });
    }
    await accept(verdict.accepted);
    if (fail === 'drop') return void request.socket.destroy();
    answer(response, verdict.reply);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void receive(request, response).catch(() => request.destroy());
  const { certificate } = options;
  const server = certificate === undefined ? createServer(onRequest) : createTlsServer({ ...certificate }, onRequest);
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const down = async () => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  const stop = async () => {
    await down();
    await log?.close();
  };
  const provider: Provider<Accepted> = {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    accepted,
    fail: undefined,
    get failed() {
      return failed;
    },
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    down,
    up: () => listen(port),
    present(another) {
      if ('setSecureContext' in server) server.setSecureContext({ ...another });
      server.closeAllConnections();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return provider;
}

function answer(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''));
}
