import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { startMetricsServer } from '../../src/platform/metrics-server.ts';

/** A server whose gauge counts how often it was read. */
async function serve(read: () => Promise<void> = async () => undefined) {
  const registry = new Registry();
  let reads = 0;
  new Gauge({
    name: 'reads', help: 'x', registers: [registry],
    async collect() {
      await read();
      this.set((reads += 1));
    },
  });
  const server = await startMetricsServer(registry, { port: 0, host: '127.0.0.1' });
  onTestFinished(() => void server.close());
  const { port, address } = server.address() as AddressInfo;
  return { address, get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`), reads: () => reads };
}

test('metrics are shown on the loopback address, and read once for all who ask within a second', async () => {
  const { address, get, reads } = await serve();
  const texts = await Promise.all(Array.from({ length: 50 }, async () => (await get('/metrics')).text()));
  expect(address).toBe('127.0.0.1');
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain('reads 1');
  expect(reads()).toBe(1);
  expect([(await get('/livez')).status, (await get('/')).status, (await get('/metrics/x')).status]).toEqual([200, 404, 404]);
});

test('metrics that cannot be read are answered 503, and the process goes on', async () => {
  const { get } = await serve(() => Promise.reject(new Error('planted')));
  const answer = await get('/metrics');
  expect([answer.status, await answer.text()]).toEqual([503, '']);
  expect((await get('/livez')).status).toBe(200);
});
