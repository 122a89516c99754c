import { once } from 'node:events';
import { connect, isIP, Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** Certificates and checks of a TLS connection, by the words of libpq. */
export interface TlsSettings {
  readonly mode: 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Addresses as postgres.js hands them to its socket factory. */
export interface SocketTarget {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A Unix socket; `false` or empty for TCP. */
  readonly path?: string | false;
}

export interface SocketOptions {
  readonly tls: TlsSettings | undefined;
  readonly timeoutMs: number;
  /** Position in the list of hosts. */
  readonly hostIndex: number;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ACCEPTED = 0x53; // S

/**
 * Opens a socket for postgres.js 3.4.9, which forgets a connection for ever when its socket factory throws: a failure
 * is a socket that ends with an error.
 */
export async function openSocket(target: SocketTarget, options: SocketOptions): Promise<Socket> {
  const host = target.host[options.hostIndex] ?? 'localhost';
  const socket = target.path ? connect(target.path) : connect(target.port[options.hostIndex] ?? 5432, host);
  if (options.tls === undefined || target.path) return socket; // postgres.js limits the wait for the connection itself
  try {
    return await encrypt(socket, host, options.tls, AbortSignal.timeout(options.timeoutMs));
  } catch (error) {
    socket.destroy();
    return failedSocket(error);
  }
}

async function encrypt(
  socket: Socket, host: string, { mode, ...tls }: TlsSettings, signal: AbortSignal,
): Promise<Socket> {
  await once(socket, 'connect', { signal });
  socket.write(SSL_REQUEST);
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
  // More than one byte before the handshake was written by somebody in between (CVE-2021-23222).
  if (answer.length !== 1) throw new Error('the server sent bytes before the TLS handshake');
  if (answer[0] !== ACCEPTED) {
    if (mode === 'prefer') return socket;
    throw new Error('the server does not speak TLS, and sslmode asks for it');
  }
  const secure = connectTls({ socket, ...tls, ...checksOf(mode), ...(isIP(host) === 0 && { servername: host }) });
  await once(secure, 'secureConnect', { signal });
  return secure;
}

function checksOf(mode: TlsSettings['mode']): ConnectionOptions {
  if (mode === 'verify-full') return {};
  return mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : { rejectUnauthorized: false };
}

function failedSocket(error: unknown): Socket {
  const socket = new Socket();
  const failure = Object.assign(new Error('no connection', { cause: error }), { code: 'CONNECT_FAILED' });
  setImmediate(() => socket.destroy(failure));
  return socket;
}
