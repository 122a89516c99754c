import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Api } from '../../../src/api/http/context.ts';
import { startServer } from '../../../src/api/http/server.ts';
import { SETTLEMENT_COLUMNS } from '../../../src/store/payments/settlement-line.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { makeToken } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

async function open(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  const state = { socket, received: '', isClosed: false };
  onTestFinished(() => void socket.destroy());
  socket.on('data', (chunk: Buffer) => (state.received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (state.isClosed = true));
  await once(socket, 'connect');
  return state;
}

async function serve(...[app, limits]: [Api, Parameters<typeof startServer>[3]]) {
  const server = await startServer(app, 0, '127.0.0.1', limits);
  onTestFinished(() => server.close(0));
  return server;
}

const post = async (path: string, type: string, roles: ('user' | 'backoffice:write')[]) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await makeToken({ roles })}\r\n` +
  `Content-Type: ${type}\r\nIdempotency-Key: k\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const REPORT = '/backoffice/settlement-reports?provider=sandpay&periodStart=2026-01-01&periodEnd=2026-01-31';

test('a settlement report has more time than another body, which is answered 408 and closed', async () => {
  const { sql } = await createDatabase();
  const { port } = await serve(createApp(appDeps(sql)), { bodyMs: 100 });
  const report = await open(port);
  report.socket.write((await post(REPORT, 'text/csv', ['backoffice:write'])) + chunk(`${SETTLEMENT_COLUMNS.join(',')}\n`));
  const others = await Promise.all([
    post('/tenants', 'application/json', ['user']), post(REPORT, 'application/json', ['backoffice:write']),
  ].map(async (head) => {
    const other = await open(port);
    other.socket.write((await head) + chunk('{'));
    return other;
  }));
  await until('the others are closed', () => others.every(({ isClosed }) => isClosed));
  expect(others.map(({ received }) => received.slice(0, 12))).toEqual(['HTTP/1.1 408', 'HTTP/1.1 415']);
  expect([report.isClosed, report.received]).toEqual([false, '']);
  report.socket.write('0\r\n\r\n');
  await until('the report is answered', () => report.isClosed);
  expect(report.received).toMatch(/^HTTP\/1\.1 201 /);
});

test('nobody gets the time of an upload before the token and the role are checked', async () => {
  const { sql } = await createDatabase();
  const { port } = await serve(createApp(appDeps(sql)), { bodyMs: 100 });
  const user = await open(port);
  user.socket.write((await post(REPORT, 'text/csv', ['user'])) + chunk('a'));
  await until('the connection is closed', () => user.isClosed);
  expect(user.received).toMatch(/^HTTP\/1\.1 403 /);
});

/** An app whose answers are larger than what a connection buffers; `abandoned` counts those that were cut off. */
function largeAnswers() {
  const state = { abandoned: 0 };
  const piece = new Uint8Array(1_024 * 1_024).fill(120);
  const fetch = (request: Request) => {
    let pieces = 0;
    return new Response(new ReadableStream({
      pull: (controller) => (pieces++ < 64 ? controller.enqueue(piece) : controller.close()),
      cancel: () => void (state.abandoned += 1),
    }), { headers: { 'X-Path': new URL(request.url).pathname } });
  };
  return { state, app: { fetch } as unknown as Api };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

test('a client that reads nothing is cut off; one that reads slowly is not', async () => {
  const { state, app } = largeAnswers();
  const { port } = await serve(app, { stallMs: 1_500 });
  const deaf = await Promise.all(Array.from({ length: 20 }, () => open(port)));
  for (const { socket } of deaf) {
    socket.pause();
    socket.write(GET);
  }
  const slow = connect(port, '127.0.0.1');
  onTestFinished(() => void slow.destroy());
  let bytes = 0;
  const readSome = () => (bytes += (slow.read(32 * 1_024) as Buffer | null)?.length ?? 0);
  slow.write(GET);
  await until('all that read nothing are cut off', () => {
    readSome();
    return state.abandoned >= deaf.length;
  }, { deadlineMs: 20_000 });
  expect([state.abandoned, slow.destroyed]).toEqual([deaf.length, false]);
  const ended = once(slow, 'close');
  slow.on('data', (more: Buffer) => (bytes += more.length));
  await ended;
  expect(bytes).toBeGreaterThan(64 * 1_024 * 1_024);
});

test('one address may have so many connections, and as many again once it has closed some', async () => {
  const { sql } = await createDatabase();
  const { port } = await serve(createApp(appDeps(sql)), { perAddress: 3 });
  const clients = await Promise.all(Array.from({ length: 8 }, () => open(port)));
  await until('those beyond are closed', () => clients.filter(({ isClosed }) => isClosed).length === 5);
  const kept = clients.filter(({ isClosed }) => !isClosed);
  for (const { socket } of kept) socket.write(GET.replace('GET /', 'GET /livez').replace('Connection: close\r\n', ''));
  await until('those within are answered', () => kept.every(({ received }) => received.startsWith('HTTP/1.1 200 ')));
  kept[0]?.socket.destroy();
  await until('there is room again', async () => {
    const another = await open(port).catch(() => undefined);
    another?.socket.write(GET.replace('GET /', 'GET /livez'));
    return another !== undefined && (await until('it is answered or closed', () => another.received !== '' || another.isClosed)) && another.received !== '';
  });
});
