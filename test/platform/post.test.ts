import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
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
