import { createServer, type IncomingMessage, STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Api, Env } from './context.ts';
import { Problem, problemDocument } from './problem.ts';
import { codeOf, problemTypes } from './problem-types.ts';
import { type ConnectionLimits, watchConnections } from './watch-connections.ts';

const HEADERS_TIMEOUT_MS = 10_000;
const LONGEST_UPLOAD_MS = 660_000; // a route that takes uploads extends the time of a body
const KEEP_ALIVE_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1_024;
const CHECK_EVERY_MS = 1_000;
const LIMITS: ConnectionLimits = { bodyMs: 15_000, stallMs: 15_000, perAddress: Number.POSITIVE_INFINITY };
const CLOSE_IDLE_EVERY_MS = 50;

/** A listening server. */
export interface ApiServer {
  readonly port: number;
  /** Takes no new request, lets those under way end, and gives up the rest after `patienceMs`. */
  close(patienceMs: number): Promise<void>;
}

/** Serves the app on a port of one address, or of all; port 0 takes a free one. */
export async function startServer(
  api: Api,
  port: number,
  host?: string,
  { publicUrl = '', ...limits }: Partial<ConnectionLimits> & { readonly publicUrl?: string } = {},
): Promise<ApiServer> {
  const extendRequest = (incoming: IncomingMessage) => (ms: number) => watch.extend(incoming, ms);
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: LONGEST_UPLOAD_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    getRequestListener(
      (request, { incoming, outgoing }) =>
        api.fetch(request, { incoming, outgoing, extendRequest: extendRequest(incoming as IncomingMessage) } as Env['Bindings']),
      { errorHandler: () => rawProblemResponse(400, publicUrl) },
    ),
  );
  server.on('clientError', refuseConnection(publicUrl));
  const watch = watchConnections(server, { ...LIMITS, ...limits }, refuseSlowBody(publicUrl));
  const checking = setInterval(() => watch.check(), CHECK_EVERY_MS).unref();
  server.once('close', () => clearInterval(checking));
  const unused = watchUnused(server);
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen({ port, host }, listening.resolve);
  await listening.promise;
  return { port: (server.address() as AddressInfo).port, close: (patienceMs) => close(server, unused, patienceMs) };
}

/** Connections that have not asked for anything yet; Node does not count them as idle. */
function watchUnused(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  return unused;
}

function close(server: Server, unused: ReadonlySet<Socket>, patienceMs: number): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  for (const socket of unused) socket.destroy();
  // A kept-alive connection would otherwise stay open after the answer that was under way.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
  return closed.promise.finally(() => {
    clearInterval(idle);
    clearTimeout(patience);
  });
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what never became a request, and closes its connection. */
const refuseConnection = (publicUrl: string) => (error: NodeJS.ErrnoException, socket: Duplex) => {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else endWith(STATUS_BY_CODE[error.code ?? ''] ?? 400, socket, publicUrl);
};

/** Answers a request whose body takes too long, unless its answer has begun, and closes its connection. */
const refuseSlowBody = (publicUrl: string) => ({ headersSent }: ServerResponse, socket: Duplex) => {
  if (headersSent || !socket.writable) socket.destroy();
  else endWith(408, socket, publicUrl);
};

function endWith(status: number, socket: Duplex, publicUrl: string): void {
  const body = rawProblem(status, publicUrl);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function rawProblem(status: number, publicUrl: string): string {
  const detail = status === 400 ? 'The request is not HTTP/1.1 as it should be.' : problemTypes[codeOf(status)].cause;
  return JSON.stringify(problemDocument(new Problem(status, detail), publicUrl));
}

function rawProblemResponse(status: number, publicUrl: string): Response {
  const headers = { 'Content-Type': 'application/problem+json', Connection: 'close' };
  return new Response(rawProblem(status, publicUrl), { status, headers });
}
