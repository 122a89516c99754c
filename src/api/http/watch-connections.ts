import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../../platform/network-of.ts';

export interface ConnectionLimits {
  /** Time for a request's body to arrive, unless its route extends it. */
  readonly bodyMs: number;
  /** Time for which a client may take nothing of what we send. */
  readonly stallMs: number;
  /** Connections that one network may have open. */
  readonly perAddress: number;
}

/** Bytes that a client has taken, at some time. */
interface Progress {
  readonly bytes: number;
  readonly sinceMs: number;
}

/** The request that is arriving on a connection. */
interface Arrival {
  readonly response: ServerResponse;
  untilMs: number;
}

/** The watch over a server's connections. */
export interface ConnectionWatch {
  /** Gives the rest of a request's body more time, from now. */
  extend(request: IncomingMessage, ms: number): void;
  /** Refuses bodies that are too slow, and cuts off clients that take nothing. */
  check(): void;
}

/** Watches a server's connections. `refuse` answers a request whose body is too slow. */
export function watchConnections(
  server: Server,
  { bodyMs, stallMs, perAddress }: ConnectionLimits,
  refuse: (response: ServerResponse, socket: Socket) => void,
): ConnectionWatch {
  const progress = new Map<Socket, Progress>();
  const arrivals = new Map<IncomingMessage, Arrival>();
  const admit = boundPerNetwork(server, perAddress);

  server.on('connection', (socket) => {
    if (!admit(socket)) return;
    progress.set(socket, { bytes: 0, sinceMs: performance.now() });
    socket.once('close', () => progress.delete(socket));
  });
  server.on('request', (request, response) => {
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return;
    arrivals.set(request, { response, untilMs: performance.now() + bodyMs });
    request.once('close', () => arrivals.delete(request));
  });

  return {
    extend(request, ms) {
      const arrival = arrivals.get(request);
      if (arrival !== undefined) arrival.untilMs = performance.now() + ms;
    },
    check() {
      const nowMs = performance.now();
      for (const [request, { response, untilMs }] of arrivals) {
        if (!request.complete && untilMs < nowMs) refuse(response, request.socket);
        if (request.complete || untilMs < nowMs) arrivals.delete(request);
      }
      for (const [socket, before] of progress) {
        const bytes = takenOf(socket);
        if (socket.writableLength === 0 || bytes !== before.bytes) progress.set(socket, { bytes, sinceMs: nowMs });
        else if (nowMs - before.sinceMs > stallMs) socket.destroy();
      }
    },
  };
}

/** Returns the bytes of ours that the operating system has taken. */
function takenOf(socket: Socket): number {
  // Only the handle knows the rest of a chunk under way.
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}

/** Closes connections beyond the bound of their network. Returns what says whether a connection stays. */
function boundPerNetwork(server: Server, most: number): (socket: Socket) => boolean {
  const open = new Map<string, number>();
  server.on('close', () => open.clear());
  return (socket) => {
    const network = networkOf(socket.remoteAddress ?? 'unknown');
    const count = open.get(network) ?? 0;
    if (count >= most) {
      socket.destroy();
      return false;
    }
    open.set(network, count + 1);
    socket.once('close', () => {
      const remaining = (open.get(network) ?? 1) - 1;
      if (remaining === 0) open.delete(network);
      else open.set(network, remaining);
    });
    return true;
  };
}
