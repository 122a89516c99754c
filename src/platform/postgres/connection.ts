import type { Socket } from 'node:net';
import {
  BACKEND_KEY_DATA, COPY_IN_RESPONSE, ERROR_RESPONSE, openFrameReader, READY_FOR_QUERY, readRequest, sqlStateOf,
} from './frames.ts';

/** The state of a connection, as its bytes tell it. */
export interface Connection {
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

const IDLE = 0x49; // I
const READ_ONLY = '25006';

/** Follows the bytes of a socket that postgres.js will use; `onReadOnly` is called when its server takes no writes. */
export function followConnection(socket: Socket, onReadOnly: (connection: Connection) => void): Connection {
  const connection: Connection = {
    socket, pid: undefined, pending: 0, isWaiting: false, isCopying: false, isInTransaction: false, isReadOnly: false,
    aliveAt: performance.now(), endedAt: undefined,
  };
  const read = openFrameReader((type, body) => {
    note(connection, type, body);
    if (type === READY_FOR_QUERY && connection.isReadOnly) onReadOnly(connection);
  });
  socket.on('data', (chunk: Buffer) => {
    connection.aliveAt = performance.now();
    read(chunk);
  });
  followWrites(connection);
  settleLateQueries(socket);
  return connection;
}

/** Notes a message of the server. */
function note(connection: Connection, type: number, body: Buffer): void {
  if (type === BACKEND_KEY_DATA) connection.pid = body.readInt32BE(0);
  if (type === ERROR_RESPONSE) connection.isReadOnly ||= sqlStateOf(body) === READ_ONLY;
  if (type === COPY_IN_RESPONSE) {
    connection.isCopying = true;
    connection.isWaiting = false;
  }
  if (type === READY_FOR_QUERY) {
    connection.pending = Math.max(0, connection.pending - 1);
    connection.isWaiting = connection.pending > 0;
    connection.isCopying = false;
    connection.isInTransaction = body[0] !== IDLE;
  }
}

function followWrites(connection: Connection): void {
  const { socket } = connection;
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
}

/** Hides errors from `close`: postgres.js 3.4.9 never settles a query that came between `error` and such a `close`. */
function settleLateQueries(socket: Socket): void {
  const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...args: unknown[]) =>
    event === 'close' ? emit(event, false) : emit(event, ...args);
}
