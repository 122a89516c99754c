import type { Socket } from 'node:net';
import { type Connection, followConnection } from './connection.ts';
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

const GOODBYE_MS = 2_000; // for the server to close a connection that said goodbye

interface Watched extends WatchOptions {
  readonly connections: Set<Connection>;
  /** A question to the server is on its way. */
  isAsking: boolean;
}

/**
 * Watches the connections of a pool, because TCP does not: a path that stops carrying bytes without a word keeps its
 * connections open for a quarter of an hour or for ever. One dead connection makes all idle ones of its age suspect.
 */
export function watchConnections(options: WatchOptions): ConnectionWatch {
  const connections = new Set<Connection>();
  const watched: Watched = { ...options, connections, isAsking: false };
  let timer: NodeJS.Timeout | undefined;
  return {
    add(socket) {
      const connection = followConnection(socket, (readOnly) => closeReadOnly(watched, readOnly));
      connections.add(connection);
      timer ??= setInterval(() => look(watched), options.lookMs).unref();
      socket.once('close', () => {
        connections.delete(connection);
        if (connections.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
    },
    close(pid) {
      for (const connection of connections) if (connection.pid === pid) destroy(watched, connection);
    },
  };
}

function look(watched: Watched): void {
  const now = performance.now();
  for (const connection of watched.connections) if (connection.socket.writableEnded) connection.endedAt ??= now;
  closeDead(watched, [...watched.connections].filter((connection) => isDead(connection, now, watched)));
  const { connections, suspectMs, isAsking } = watched;
  const suspects = [...connections].filter(({ isWaiting, aliveAt }) => isWaiting && now - aliveAt > suspectMs);
  if (suspects.length > 0 && !isAsking) void ask(watched, suspects);
}

/** Asks the server about connections that are silent, and closes those on which no answer will come. */
async function ask(watched: Watched, suspects: readonly Connection[]): Promise<void> {
  watched.isAsking = true;
  const askedAt = performance.now();
  try {
    const states = await watched.findSessions(suspects.flatMap(({ pid }) => pid ?? []));
    const silent = suspects.filter(({ isWaiting, aliveAt }) => isWaiting && aliveAt < askedAt);
    const stateOf = ({ pid = 0 }: Connection) => states.get(pid) ?? 'unknown';
    for (const connection of silent) if (stateOf(connection) === 'working') connection.aliveAt = performance.now();
    closeDead(watched, silent.filter((connection) => stateOf(connection) === 'gone'));
  } catch {
    // Nobody answers there either: the limit of silence decides.
  } finally {
    watched.isAsking = false;
  }
}

function closeDead(watched: Watched, dead: readonly Connection[]): void {
  if (dead.length === 0) return;
  const since = Math.max(...dead.map(({ aliveAt }) => aliveAt));
  const isOld = (other: Connection) => !dead.includes(other) && isIdle(other) && other.aliveAt <= since;
  const old = [...watched.connections].filter(isOld);
  // The idle ones first: who hears that a request failed tries again at once, and must not be given one of them.
  for (const connection of old) destroy(watched, connection);
  setTimeout(() => {
    for (const connection of dead) destroy(watched, connection);
  }, 1);
  watched.onClosed?.(dead.length + old.length);
}

function closeReadOnly(watched: Watched, readOnly: Connection): void {
  watched.onReadOnly?.();
  // The driver must read the error itself before its connection ends. The idle ones lead to the same server.
  setImmediate(() => {
    for (const connection of watched.connections) {
      if (connection === readOnly || isIdle(connection)) destroy(watched, connection);
    }
  });
}

function destroy({ connections }: Watched, connection: Connection): void {
  connections.delete(connection);
  connection.socket.destroy();
}

const isIdle = ({ isWaiting, isInTransaction }: Connection): boolean => !isWaiting && !isInTransaction;

function isDead(connection: Connection, now: number, { silenceMs, restMs }: WatchLimits): boolean {
  const { aliveAt, endedAt } = connection;
  if (endedAt !== undefined) return now - endedAt > GOODBYE_MS;
  if (connection.isWaiting) return now - aliveAt > silenceMs;
  return connection.isInTransaction && !connection.isCopying && now - aliveAt > restMs;
}
