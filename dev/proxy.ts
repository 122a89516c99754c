import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A server's second address, whose path to the server can be broken as a NAT, a load balancer or a fail-over does. */
export interface Proxy {
  /** The target's URL with the proxy's host and port. */
  readonly url: string;
  /** Connections that clients have made so far. */
  readonly accepted: number;
  /** Connections that carry bytes. */
  readonly carrying: number;
  /** Stops carrying the bytes of existing connections, which stay open; returns their number. New ones work. */
  silence(): number;
  /** While it is on, new connections are accepted and carry nothing either. */
  setDeaf(isDeaf: boolean): void;
  /** Leads new connections to another server; existing ones stay. */
  switchTo(target: string): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly inner: Socket;
  readonly outer: Socket;
}

/** Starts a proxy in this process, on a free port of 127.0.0.1. */
export async function startProxy({ target }: { readonly target: string }): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const carrying = new Set<Pair>();
  let [current, isDeaf, accepted] = [new URL(target), false, 0];

  const server = createServer((inner) => {
    accepted += 1;
    const pair = { inner, outer: connect(Number(current.port), current.hostname) };
    pairs.add(pair);
    follow(pair, () => {
      pairs.delete(pair);
      carrying.delete(pair);
    });
    if (isDeaf) return;
    carrying.add(pair);
    pair.inner.pipe(pair.outer).pipe(pair.inner);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(port) }).href,
    get accepted() {
      return accepted;
    },
    get carrying() {
      return carrying.size;
    },
    silence() {
      const silenced = carrying.size;
      for (const { inner, outer } of carrying) {
        inner.unpipe(outer).pause();
        outer.unpipe(inner).pause();
      }
      carrying.clear();
      return silenced;
    },
    setDeaf: (deaf) => void (isDeaf = deaf),
    switchTo: (url) => void (current = new URL(url)),
    async stop() {
      for (const { inner, outer } of pairs) {
        inner.destroy();
        outer.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

/** Ends both sides of a pair when one breaks; `onEnd` is called once or twice. */
function follow({ inner, outer }: Pair, onEnd: () => void): void {
  for (const [one, other] of [[inner, outer], [outer, inner]] as const) {
    one.on('error', () => undefined);
    one.on('close', () => {
      onEnd();
      other.destroy();
    });
  }
}
