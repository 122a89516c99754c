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
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = outer === undefined ? deadline : AbortSignal.any([deadline, outer]);
  const aborted = Promise.withResolvers<never>();
  const givenUp = () => new HandlerTimeout(deadline.aborted ? `no end within ${timeoutMs} ms` : 'the hold was lost');
  if (signal.aborted) throw givenUp(); // it will not tell again
  const abort = () => aborted.reject(givenUp());
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([run(signal), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
