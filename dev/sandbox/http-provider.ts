import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to messages that would have been accepted: refused for good, for now, or with 429 and `Retry-After`;
 * answered with what is no answer; accepted, then the connection is closed unanswered; neither accepted nor answered.
 */
export type ProviderFailure = 'refuse' | 'later' | 'limit' | 'malformed' | 'drop' | 'silent';

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
  /** Becomes JSON. */
  readonly body?: object;
}

/** What becomes of a request: an answer, and the message where it is accepted. */
export type Verdict<Accepted> = Reply | { readonly accepted: Accepted; readonly reply: Reply };

export interface ProviderOptions<Accepted> {
  /** 0 takes a free one. */
  readonly port?: number;
  /** Gets what was accepted as JSON lines, each on the disk before its answer. */
  readonly logFile?: string | undefined;
  judge(request: Received): Verdict<Accepted>;
  readonly failures: Readonly<Record<'refuse' | 'later' | 'limit', Reply>>;
}

/** A pretended provider that delivers nothing. */
export interface Provider<Accepted> extends AsyncDisposable {
  readonly url: string;
  /** Oldest first; what was accepted since the start. */
  readonly accepted: readonly Accepted[];
  /** What happens to messages from now on; undefined accepts them. */
  fail: ProviderFailure | undefined;
  stop(): Promise<void>;
}

/** Serves a provider's HTTP on loopback. */
export async function startProvider<Accepted extends object>(
  options: ProviderOptions<Accepted>,
): Promise<Provider<Accepted>> {
  const { port = 0, logFile, judge, failures } = options;
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  const accepted: Accepted[] = [];
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
    const { fail } = provider;
    if (fail === 'silent') return;
    if (fail === 'malformed') return void request.socket.end('HTTP/1.1 yes\r\n\r\n');
    if (fail === 'refuse' || fail === 'later' || fail === 'limit') return answer(response, failures[fail]);
    await accept(verdict.accepted);
    if (fail === 'drop') return void request.socket.destroy();
    answer(response, verdict.reply);
  };
  const server = createServer((request, response) => void receive(request, response).catch(() => request.destroy()));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((closed) => void server.close(() => closed()));
    await log?.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: Provider<Accepted> = { url, accepted, fail: undefined, stop, [Symbol.asyncDispose]: stop };
  return provider;
}

function answer(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
