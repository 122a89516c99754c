import type { Socket } from 'node:net';
import {
  BACKEND_KEY_DATA, COPY_IN_RESPONSE, ERROR_RESPONSE, openFrameReader, READY_FOR_QUERY, readRequest, sqlStateOf,
} from './frames.ts';
import type { SessionState } from './probe.ts';

export interface WatchLimits {
  /** Silence after a request until the server is asked about the session over another connection. */
  readonly suspectMs: number;
  /** Silence after a request until the connection is closed, unless the server says that it works on the answer. */
  readonly silenceMs: number;
  /** Rest inside a transaction after which the server must have ended the session. */
  readonly restMs: number;
  /** Time between two looks at all connections. */
  readonly lookMs: number;
}

export interface WatchOptions extends WatchLimits {
  readonly findSessions: (pids: readonly number[]) => Promise<ReadonlyMap<number, SessionState>>;
  /** Called for each look that closed connections. */
  readonly onClosed?: ((count: number) => void) | undefined;
  /** Called when a server turned out to take no writes. */
  readonly onReadOnly?: () => void;
}

export interface ConnectionWatch {
  /** Watches a socket of the pool until it closes. */
  add(socket: Socket): void;
  /** Closes the connection of a session at once, so that it does not return to the pool. */
  close(pid: number): void;
}

interface Connection {
  readonly socket: Socket;
  pid: number | undefined;
  /** Requests whose end the server has not told. */
  pending: number;
  /** Something was written that the server has to answer. */
  isWaiting: boolean;
  /** The server takes rows of a COPY, and says nothing meanwhile. */
  isCopying: boolean;
  isInTransaction: boolean;
  isReadOnly: boolean;
  /** The last byte read, the begin of a request, or the last word of the server that it works on the answer. */
  aliveAt: number;
  endedAt: number | undefined;
}

const GOODBYE_MS = 2_000; // for the server to close a connection that said goodbye
const IDLE = 0x49;
const READ_ONLY = '25006';

/**
 * Watches the connections of a pool, because TCP does not: a path that stops carrying bytes without a word keeps its
 * connections open for a quarter of an hour or for ever. One dead connection makes all idle ones of its age suspect.
 */
export function watchConnections(options: WatchOptions): ConnectionWatch {
  const connections = new Set<Connection>();
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;

  function look(): void {
    const now = performance.now();
    for (const connection of connections) if (connection.socket.writableEnded) connection.endedAt ??= now;
    const dead = [...connections].filter((connection) => isDead(connection, now, options));
    closeDead(dead);
    const suspects = [...connections].filter((connection) => connection.isWaiting && now - connection.aliveAt > options.suspectMs);
    if (suspects.length > 0 && !isAsking) void ask(suspects);
  }

  async function ask(suspects: readonly Connection[]): Promise<void> {
    isAsking = true;
    const askedAt = performance.now();
    try {
      const states = await options.findSessions(suspects.flatMap(({ pid }) => pid ?? []));
      const silent = suspects.filter((connection) => connection.isWaiting && connection.aliveAt < askedAt);
      const stateOf = ({ pid = 0 }: Connection) => states.get(pid) ?? 'unknown';
      for (const connection of silent) if (stateOf(connection) === 'working') connection.aliveAt = performance.now();
      closeDead(silent.filter((connection) => stateOf(connection) === 'gone'));
    } catch {
      // Nobody answers there either: the limit of silence decides.
    } finally {
      isAsking = false;
    }
  }

  function closeDead(dead: readonly Connection[]): void {
    if (dead.length === 0) return;
    const since = Math.max(...dead.map(({ aliveAt }) => aliveAt));
    const old = [...connections].filter((connection) => !dead.includes(connection) && isIdle(connection) && connection.aliveAt <= since);
    // The idle ones first: who hears that a request failed tries again at once, and must not be given one of them.
    for (const connection of old) destroy(connection);
    setTimeout(() => dead.forEach(destroy), 1);
    options.onClosed?.(dead.length + old.length);
  }

  function destroy(connection: Connection): void {
    connections.delete(connection);
    connection.socket.destroy();
  }

  function closeReadOnly(connection: Connection): void {
    options.onReadOnly?.();
    // The driver must read the error itself before its connection ends. The idle ones lead to the same server.
    setImmediate(() => [connection, ...[...connections].filter(isIdle)].forEach(destroy));
  }

  return {
    add(socket) {
      const connection = follow(socket, closeReadOnly);
      connections.add(connection);
      timer ??= setInterval(look, options.lookMs).unref();
      socket.once('close', () => {
        connections.delete(connection);
        if (connections.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
    },
    close(pid) {
      for (const connection of connections) if (connection.pid === pid) destroy(connection);
    },
  };
}

const isIdle = ({ isWaiting, isInTransaction }: Connection): boolean => !isWaiting && !isInTransaction;

function isDead({ aliveAt, endedAt, ...connection }: Connection, now: number, { silenceMs, restMs }: WatchLimits): boolean {
  if (endedAt !== undefined) return now - endedAt > GOODBYE_MS;
  if (connection.isWaiting) return now - aliveAt > silenceMs;
  return connection.isInTransaction && !connection.isCopying && now - aliveAt > restMs;
}

/** Reads along what both sides say on a socket. */
function follow(socket: Socket, onReadOnly: (connection: Connection) => void): Connection {
  const connection: Connection = {
    socket, pid: undefined, pending: 0, isWaiting: false, isCopying: false, isInTransaction: false, isReadOnly: false,
    aliveAt: performance.now(), endedAt: undefined,
  };
  const read = openFrameReader((type, body) => {
    if (type === BACKEND_KEY_DATA) connection.pid = body.readInt32BE(0);
    else if (type === COPY_IN_RESPONSE) Object.assign(connection, { isCopying: true, isWaiting: false });
    else if (type === ERROR_RESPONSE) connection.isReadOnly ||= sqlStateOf(body) === READ_ONLY;
    else if (type === READY_FOR_QUERY) {
      connection.pending = Math.max(0, connection.pending - 1);
      Object.assign(connection, { isWaiting: connection.pending > 0, isCopying: false, isInTransaction: body[0] !== IDLE });
      if (connection.isReadOnly) onReadOnly(connection);
    }
  });
  socket.on('data', (chunk: Buffer) => {
    connection.aliveAt = performance.now();
    read(chunk);
  });
  const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean;
  // After an error postgres.js 3.4.9 rejects no query that came between `error` and `close`: it would never settle.
  socket.emit = (event: string | symbol, ...args: unknown[]) => (event === 'close' ? emit(event, false) : emit(event, ...args));
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isStartup = true;
  socket.write = ((...args: unknown[]) => {
    const request = readRequest(args[0] as Buffer, isStartup);
    isStartup = false;
    if (!connection.isWaiting) connection.aliveAt = performance.now();
    connection.pending += request.ends;
    connection.isWaiting ||= !request.isCopyData;
    return write(...args);
  }) as Socket['write'];
  return connection;
}
