import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { startServer } from '../../../src/api/http/server.ts';
import { openLog } from '../../../src/platform/log.ts';
import { appDeps, untouchable } from '../../support/app.ts';
import { makeToken } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

const KB = 1_024;

async function serve() {
  const server = await startServer(createApp(appDeps(untouchable)), 0);
  onTestFinished(() => server.close(0));
  return server;
}

/** Opens a connection; `received` grows with what comes back, `closed` settles when the other side ends it. */
async function open(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  const state = { socket, received: '', closed: once(socket, 'close') };
  socket.on('data', (chunk: Buffer) => (state.received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return state;
}

/** The head of a POST to /tenants with one more header. */
const head = async (header: string) =>
  `POST /tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await makeToken()}\r\n` +
  `Content-Type: application/json\r\nIdempotency-Key: k\r\n${header}\r\n\r\n`;

test.each([
  ['127.0.0.1', 'ECONNREFUSED'],
  [undefined, 'accepted'],
])('a server that listens on %s: a connection to another address of the machine: %s', async (host, outcome) => {
  const server = await startServer(createApp(appDeps(untouchable)), 0, host);
  onTestFinished(() => server.close(0));
  const socket = connect(server.port, '127.0.0.2');
  onTestFinished(() => void socket.destroy());
  const connection = once(socket, 'connect').then(() => 'accepted', ({ code }: NodeJS.ErrnoException) => code);
  expect(await connection).toBe(outcome);
});

describe('a body over 256 KB', () => {
  test('is answered with 413 by its declared length, before it comes, and the connection is closed', async () => {
    const { port } = await serve();
    const client = await open(port);
    client.socket.write(await head(`Content-Length: ${256 * KB + 1}`));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
    expect(client.received).toContain('"status":413');
  });

  test('in chunks is answered with 413 as soon as it is too long, and the connection is closed', async () => {
    const { port } = await serve();
    const client = await open(port);
    client.socket.write(await head('Transfer-Encoding: chunked'));
    const chunk = `${(64 * KB).toString(16)}\r\n${' '.repeat(64 * KB)}\r\n`;
    for (let sent = 0; sent < 5; sent += 1) client.socket.write(chunk);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  });

  test('is not one of exactly 256 KB', async () => {
    const { port } = await serve();
    const body = ' '.repeat(256 * KB - 2) + '{}';
    const answer = await fetch(`http://127.0.0.1:${port}/tenants`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await makeToken()}`, 'Content-Type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(422);
  });
});

test('a body that breaks off is no error of ours', async () => {
  const lines: string[] = [];
  const log = openLog({ process: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } });
  const asked = Promise.withResolvers<undefined>();
  const limit = { take: () => (asked.resolve(undefined), asked.promise) };
  const app = createApp(appDeps(untouchable, { log, limits: { address: limit, user: limit } }));
  const server = await startServer(app, 0);
  onTestFinished(() => server.close(0));
  const client = await open(server.port);
  client.socket.write(`${await head('Content-Length: 100')}{`);
  await asked.promise;
  client.socket.destroy();
  const line = await until('it is in the log', () => lines[0]);
  expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'request', status: '400' });
});

describe('what never becomes a request', () => {
  const post = 'POST /tenants HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n';
  test.each([
    ['a control character in a header', 'GET /livez HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\u0001b\r\n\r\n', 400],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a path that is none', 'GET livez HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a host that is none', 'GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['a header over 16 KB', `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17 * KB)}\r\n\r\n`, 431],
    ['two lengths', `${post}Content-Length: 2\r\n\r\n`, 400],
    ['a length and chunks', `${post}Transfer-Encoding: chunked\r\n\r\n`, 400],
  ])('such as %s, is answered with a problem and its connection closed', async (_what, bytes, status) => {
    const { port } = await serve();
    const client = await open(port);
    client.socket.write(bytes, 'latin1');
    await client.closed;
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(client.received).toMatch(/content-type: application\/problem\+json/i);
    expect(client.received).toContain(`"status":${status}`);
  });

  test.each(['/%00', '/tickets/%E0%A4%A', '/tickets/%00'])('is not %s, a path of nothing', async (path) => {
    const { port } = await serve();
    const client = await open(port);
    const token = await makeToken();
    const headers = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n`;
    client.socket.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n`);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 40[04] /);
  });
});

describe('a slow client', () => {
  test('that never ends its headers is closed within 15 s, 500 of them at once, while others are served', async () => {
    const { port } = await serve();
    const started = performance.now();
    const slow = await Promise.all(Array.from({ length: 500 }, () => open(port)));
    for (const { socket } of slow) socket.write('GET /livez HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => slow.forEach(({ socket }) => socket.writable && socket.write('x')), 5_000);
    const asked = performance.now();
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(1_000);

    await Promise.all(slow.map(({ closed }) => closed));
    clearInterval(drip);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(slow.every(({ received }) => received.startsWith('HTTP/1.1 408 '))).toBe(true);
  });
});

describe('stopping', () => {
  test('lets the request under way end, takes no new one, and keeps no idle connection', async () => {
    const answer = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<void>();
    const user = { take: () => (asked.resolve(), answer.promise) };
    const server = await startServer(createApp(appDeps(untouchable, { limits: { address: user, user } })), 0);
    const idle = await open(server.port);
    const client = await open(server.port);
    client.socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;

    const stopped = server.close(5_000);
    await idle.closed;
    await expect(fetch(`http://127.0.0.1:${server.port}/livez`)).rejects.toThrow();
    expect(client.received).toBe('');
    answer.resolve(undefined);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
    await stopped;
  });

  test('gives up a request that does not end in time', async () => {
    const asked = Promise.withResolvers<void>();
    const stuck = { take: () => (asked.resolve(), new Promise<undefined>(() => undefined)) };
    const server = await startServer(createApp(appDeps(untouchable, { limits: { address: stuck, user: stuck } })), 0);
    const client = await open(server.port);
    client.socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;
    await server.close(100);
    await client.closed;
    expect(client.received).toBe('');
  });
});
