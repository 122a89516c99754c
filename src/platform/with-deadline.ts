import { abortAfter } from './abort-after.ts';

/** A handler did not settle in time; its signal was aborted. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}

/**
 * Runs a handler that may never settle: after `timeoutMs`, or when `outer` aborts, its signal aborts and the promise
 * rejects. Nothing is begun when `outer` has aborted already.
 * @throws {HandlerTimeout}
 */
export async function withDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = abortAfter(timeoutMs, outer);
  const { signal } = limit;
  const givenUp = () => new HandlerTimeout(outer?.aborted === true ? 'the hold was lost' : `no end within ${timeoutMs} ms`);
  if (signal.aborted) throw givenUp();
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(givenUp()), { once: true });
  return await Promise.race([run(signal), aborted.promise]);
}
