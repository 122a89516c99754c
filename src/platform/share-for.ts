/** Makes a function whose callers share one run, and for a while its result or failure: asking often is cheap. */
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
