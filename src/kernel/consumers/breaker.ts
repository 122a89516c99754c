const FIRST_HOLD_MS = 500;
const LONGEST_HOLD_MS = 15_000;

export interface BreakerOptions {
  readonly hold: (cause?: unknown) => void;
  readonly release: () => void;
}

/** Holds a consumer while a dependency is unavailable, and lets it try again after a growing while. */
export interface Breaker {
  /** Holds the consumer, for so long at least. Returns the milliseconds until the next try. */
  trip(atLeastMs?: number, cause?: unknown): number;
  /** Something succeeded: the next hold starts short again. */
  reset(): void;
  readonly held: boolean;
  /** Neither holds nor releases from now on. */
  close(): void;
}

/** Makes a breaker that is not held. */
export function makeBreaker({ hold, release }: BreakerOptions): Breaker {
  let holdMs = FIRST_HOLD_MS;
  let timer: NodeJS.Timeout | undefined;
  let heldUntil = 0;
  let closed = false;
  return {
    trip(atLeastMs = 0, cause) {
      if (timer === undefined && !closed) {
        const forMs = Math.max(holdMs, atLeastMs);
        hold(cause);
        heldUntil = Date.now() + forMs;
        timer = setTimeout(() => {
          timer = undefined;
          release();
        }, forMs);
        holdMs = Math.min(holdMs * 2, LONGEST_HOLD_MS);
      }
      return Math.max(0, heldUntil - Date.now());
    },
    reset() {
      holdMs = FIRST_HOLD_MS;
    },
    get held() {
      return timer !== undefined;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
