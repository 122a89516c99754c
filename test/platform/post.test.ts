import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { foreignCertificate } from '../../dev/sandbox/certificates.ts';
import { unansweredPort } from '../support/unanswered.ts';
import { post } from '../../src/platform/post.ts';

const CHUNK = Buffer.alloc(64 * 1_024, 'x');

test('of an answer without end the begin is read, and its connection is closed', async () => {
  const closed = Promise.withResolvers<void>();
  const server = createServer((_, response) => {
    response.once('close', closed.resolve);
    const write = () => {
      while (!response.destroyed && response.write(CHUNK));
    };
    response.on('drain', write);
    write();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await post(`http://127.0.0.1:${port}/`, { headers: {}, body: 'ping', timeoutMs: 10_000 });
  expect(answer).toMatchObject({ answered: true, status: 200, body: CHUNK.toString() });
  await closed.promise;
});

/** Serves bytes: `receive` sees the connection. Returns its port. */
async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const silent = () => {
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return createTcpServer((socket) => void sockets.push(socket.on('error', () => undefined)));
};

describe('a request that never left is told from one that may have arrived', () => {
  const origins: readonly (readonly [title: string, origin: () => Promise<string> | string, reason: RegExp, handedOver: boolean])[] = [
    ['connecting is never answered', async () => `http://127.0.0.1:${await unansweredPort()}`, /^TimeoutError$/, false],
    ['the handshake is never answered', async () => `https://127.0.0.1:${await listening(silent())}`, /^TimeoutError$/, false],
    ['the request is never answered', async () => `http://127.0.0.1:${await listening(silent())}`, /^TimeoutError$/, true],
    ['nobody listens', async () => `http://127.0.0.1:${await freePort()}`, /^ECONNREFUSED$/, false],
    ['no such name exists', () => 'http://nobody.invalid', /^(ENOTFOUND|EAI_AGAIN)$/, false],
    ['the root is foreign', async () => `https://127.0.0.1:${await listening(createTlsServer(foreignCertificate))}`,
      /^SELF_SIGNED_CERT_IN_CHAIN$/, false],
    ['the server speaks no TLS', async () => `https://127.0.0.1:${await listening(createServer())}`,
      /^ERR_SSL_/, false],
    ['the connection breaks in the handshake', async () => `https://127.0.0.1:${await listening(createTcpServer((socket) => socket.destroy()))}`,
      /^ECONNRESET$/, false],
    ['the connection breaks instead of an answer',
      async () => `http://127.0.0.1:${await listening(createTcpServer((socket) => void socket.once('data', () => socket.destroy())))}`,
      /^UND_ERR_SOCKET$|^ECONNRESET$/, true],
    ['the answer is none',
      async () => `http://127.0.0.1:${await listening(createTcpServer((socket) => void socket.once('data', () => socket.end('yes\r\n\r\n'))))}`,
      /^HTTPParserError$|^HPE_/, true],
  ];
  test.each(origins)('%s', async (_title, open, reason, handedOver) => {
    const posted = await post(`${await open()}/`, { headers: {}, body: 'ping', timeoutMs: 400 });
    expect(posted).toEqual({ answered: false, handedOver, reason: expect.stringMatching(reason) as string });
  });

  const withCode = (code: string, syscall?: string) => Object.assign(new Error(code), { code, ...(syscall && { syscall }) });
  const causes: readonly (readonly [title: string, cause: Error, handedOver: boolean])[] = [
    ['both addresses time out', Object.assign(
      new AggregateError([withCode('ETIMEDOUT', 'connect'), withCode('ETIMEDOUT', 'connect')]), { code: 'ETIMEDOUT' }), false],
    ['one refuses, the other is beyond reach', new AggregateError([withCode('ECONNREFUSED', 'connect'), withCode('ENETUNREACH', 'connect')]), false],
    ...['EADDRNOTAVAIL', 'ENETDOWN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'EACCES', 'EPERM', 'ETIMEDOUT', 'ECONNRESET', 'EHOSTUNREACH']
      .map((code) => [`connect gives ${code}`, withCode(code, 'connect'), false] as const),
    ...['EMFILE', 'EADDRNOTAVAIL', 'EAI_AGAIN', 'EAI_FAIL', 'UND_ERR_CONNECT_TIMEOUT', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_NOT_YET_VALID', 'CERT_REVOKED', 'HOSTNAME_MISMATCH',
      'UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'CRL_HAS_EXPIRED', 'INVALID_CA', 'UNSPECIFIED']
      .map((code) => [`the code is ${code}`, withCode(code), false] as const),
    ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].map((code) => [`read gives ${code}`, withCode(code, 'read'), true] as const),
    ...['UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'HPE_INVALID_CONSTANT', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC']
      .map((code) => [`the code is ${code}`, withCode(code), true] as const),
  ];
  test.each(causes)('%s', async (_title, cause, handedOver) => {
    const fails = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
    onTestFinished(() => fails.mockRestore());
    expect(await post('http://provider.example/', { headers: {}, body: 'ping', timeoutMs: 400 })).toMatchObject({ answered: false, handedOver });
  });
});
