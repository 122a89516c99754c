/** A handler did not settle in time; its signal was aborted. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}

/**
 * Runs a handler that may never settle: after `timeoutMs`, or when `outer` aborts, its signal aborts and the promise
 * rejects. Nothing is begun when `outer` has aborted already.
 *
 * One controller and a timer that is cleared: `AbortSignal.timeout` would keep each handler's until its time, which is
 * tens of thousands at once in a busy worker.
 * @throws {HandlerTimeout}
 */
export async function withDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = () => new HandlerTimeout('the hold was lost');
  if (outer?.aborted === true) throw lost(); // it will not tell again
  const controller = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const giveUp = (error: HandlerTimeout) => {
    controller.abort(error);
    aborted.reject(error);
  };
  const loseHold = () => giveUp(lost());
  const timer = setTimeout(() => giveUp(new HandlerTimeout(`no end within ${timeoutMs} ms`)), timeoutMs);
  outer?.addEventListener('abort', loseHold, { once: true });
  try {
    return await Promise.race([run(controller.signal), aborted.promise]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', loseHold);
  }
}
