/**
 * Makes a function whose callers share one run and its result for a while, so that asking often costs no more. A failure
 * is shared as well.
 */
export function shareFor<T>(forMs: number, run: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | undefined;
  return () => {
    if (shared === undefined) {
      const own = run();
      shared = own;
      const forget = () => setTimeout(() => (shared = undefined), forMs).unref();
      own.then(forget, forget);
    }
    return shared;
  };
}
