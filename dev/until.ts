const POLL_INTERVAL_MS = 20;

/** Something did not happen before its deadline; the message names it. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/**
 * Polls until the condition gives something truthy and returns that; fails with the description at the deadline,
 * at once when the condition throws. A description that is a function is asked at the end, for what is still missing.
 */
export async function until<T>(
  description: string | (() => string),
  condition: () => T | Promise<T>,
  { deadlineMs = 10_000 }: { readonly deadlineMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) {
      const missing = typeof description === 'string' ? description : description();
      throw new NotInTime(`not within ${deadlineMs} ms: ${missing}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
