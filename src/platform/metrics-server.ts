import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { Registry } from 'prom-client';

/** Shows `/livez` and `/metrics` of a process that has no other HTTP. */
export async function startMetricsServer(
  registry: Registry,
  address: { readonly port: number; readonly host: string | undefined },
): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url === '/livez') return response.end('ok\n');
    if (request.url !== '/metrics') return response.writeHead(404).end();
    response.setHeader('content-type', registry.contentType);
    return response.end(await registry.metrics());
  });
  server.listen(address);
  await once(server, 'listening');
  return server;
}
