import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below Linux's ephemeral range (32768 and up): an outgoing connection must not take the port while a server restarts.
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;

/** A TCP port on which nothing listens on 127.0.0.1 at this moment; nothing reserves it afterwards. */
export async function freePort(): Promise<number> {
  const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  server.close();
  await once(server, 'close');
  return port;
}
