import { onTestFinished } from 'vitest';
import { type Proxy, startProxy } from '../../dev/proxy.ts';

/** A proxy before a server, until the calling test ends. */
export async function openProxy(target: string): Promise<Proxy> {
  const proxy = await startProxy({ target });
  onTestFinished(() => proxy.stop());
  return proxy;
}
