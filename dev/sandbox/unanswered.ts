import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens with room for one connection, tells its port, and takes none. */
const LISTEN = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer().listen({ host: '127.0.0.1', port: workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
const FILLED = 4;

/** A port of 127.0.0.1 at which connecting is neither refused nor answered. */
export interface UnansweredPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens such a port; 0 takes a free one. */
export async function openUnanswered(at = 0): Promise<UnansweredPort> {
  const worker = new Worker(LISTEN, { eval: true, workerData: at });
  const [port] = (await once(worker, 'message')) as [number];
  const filling: Socket[] = [];
  for (let n = 0; n < FILLED; n += 1) filling.push(connect(port, '127.0.0.1').on('error', () => undefined));
  await once(filling[0] as Socket, 'connect');
  return {
    port,
    async close() {
      for (const socket of filling) socket.destroy();
      await worker.terminate();
    },
  };
}
