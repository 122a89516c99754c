import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Listens with room for one connection, tells its port, and takes none. */
const LISTEN = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
const FILLED = 4;

/** Opens a port of 127.0.0.1 at which connecting is neither refused nor answered. Returns the port. */
export async function unansweredPort(): Promise<number> {
  const worker = new Worker(LISTEN, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const filling: Socket[] = [];
  for (let n = 0; n < FILLED; n += 1) filling.push(connect(port, '127.0.0.1').on('error', () => undefined));
  onTestFinished(async () => {
    for (const socket of filling) socket.destroy();
    await worker.terminate();
  });
  await once(filling[0] as Socket, 'connect');
  return port;
}
