import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The same server under another address, at which it falls silent when told: connections stay open, and nobody answers. */
export async function fallingSilent(url: string): Promise<{ readonly url: string; fallSilent(): void }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const proxy = createServer((inner) => {
    const outer = connect(Number(port), hostname);
    for (const socket of [inner, outer]) sockets.add(socket.on('error', () => undefined));
    if (!isSilent) inner.pipe(outer).pipe(inner);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const { port: own } = proxy.address() as AddressInfo;
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).href,
    fallSilent() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe();
    },
  };
}
