/** A signal with a limit of time. Dispose of it when what it guards has ended. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Makes a signal that aborts after a time, or when `outer` does. Its timer is cleared on disposal: `AbortSignal.timeout`
 * keeps each signal until its time, which is tens of thousands at once in a busy worker.
 */
export function abortAfter(ms: number, outer?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
  const follow = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', follow, { once: true });
  if (outer?.aborted === true) follow(); // it will not tell again
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}
