import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { Registry } from 'prom-client';
import { shareFor } from './share-for.ts';

const SHARED_MS = 1_000; // a scrape reads the stores

/** The address on which a process shows its metrics; none without a port. */
export interface MetricsAddress {
  readonly METRICS_PORT?: number | undefined;
  readonly METRICS_HOST: string;
}

/** Shows `/livez` and `/metrics` of a process until the stack is closed, away from what its clients reach. */
export async function showMetrics(
  registry: Registry,
  { METRICS_PORT: port, METRICS_HOST: host }: MetricsAddress,
  stack: AsyncDisposableStack,
): Promise<void> {
  if (port === undefined) return;
  stack.adopt(await startMetricsServer(registry, { port, host }), (server) => void server.close());
}

/** Starts a server for `/livez` and `/metrics`. Who asks within a second gets the same answer. */
export async function startMetricsServer(
  registry: Registry,
  address: { readonly port: number; readonly host: string },
): Promise<Server> {
  const scrape = shareFor(SHARED_MS, () => registry.metrics());
  const answer: RequestListener = async (request, response) => {
    if (request.url === '/livez') return response.end('ok\n');
    if (request.url !== '/metrics') return response.writeHead(404).end();
    try {
      const text = await scrape();
      return response.setHeader('content-type', registry.contentType).end(text);
    } catch {
      return response.writeHead(503).end();
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(address);
  await once(server, 'listening');
  return server;
}
