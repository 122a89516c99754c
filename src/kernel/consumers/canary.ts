export interface CanaryOptions {
  /** Milliseconds without progress on waiting work until the canary dies. */
  readonly withinMs: number;
  /** Jobs that wait; rejects while Redis is away, which says nothing about us. */
  readonly waiting: () => Promise<number>;
  /** Whether standing still is intended now. */
  readonly held: () => boolean;
  readonly onDeath: () => void;
}

export interface Canary {
  /** Work began or ended. */
  progress(): void;
  close(): void;
}

/** Watches that a worker takes the work that waits: BullMQ's `isRunning()` and Redis's PING prove nothing of it. */
export function startCanary({ withinMs, waiting, held, onDeath }: CanaryOptions): Canary {
  let lastProgress = performance.now();
  const check = async () => {
    const count = held() ? 0 : await waiting().catch(() => 0);
    if (count === 0) lastProgress = performance.now();
    else if (performance.now() - lastProgress > withinMs) onDeath();
  };
  const timer = setInterval(() => void check(), withinMs / 10);
  timer.unref();
  return {
    progress() {
      lastProgress = performance.now();
    },
    close() {
      clearInterval(timer);
    },
  };
}
