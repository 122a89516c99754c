import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

/** One request of `fetch`, from the call to its first byte on a connection. */
interface Sending {
  isCreated: boolean;
  hasBegun: boolean;
}

let current: AsyncLocalStorage<Sending> | undefined;

/** Watches one request of `fetch`, which tells by itself neither whether it connected nor whether it wrote anything. */
export function watchSending() {
  const sending: Sending = { isCreated: false, hasBegun: false };
  current ??= listen();
  const storage = current;
  return {
    run: <T>(request: () => Promise<T>): Promise<T> => storage.run(sending, request),
    /** Returns true once the first byte was written, and where nobody can tell. */
    hasBegun: (): boolean => sending.hasBegun || !sending.isCreated,
  };
}

/** Listens to undici, which is Node's `fetch`: once in a process. */
function listen(): AsyncLocalStorage<Sending> {
  const storage = new AsyncLocalStorage<Sending>();
  const sendings = new WeakMap<object, Sending>();
  subscribe('undici:request:create', (message) => {
    const sending = storage.getStore();
    if (sending === undefined) return;
    sending.isCreated = true;
    sendings.set((message as { readonly request: object }).request, sending);
  });
  subscribe('undici:client:sendHeaders', (message) => {
    const sending = sendings.get((message as { readonly request: object }).request);
    if (sending !== undefined) sending.hasBegun = true;
  });
  return storage;
}
