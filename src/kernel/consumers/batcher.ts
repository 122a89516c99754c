import { setTimeout as sleep } from 'node:timers/promises';
import { currentSpan, type Span, withinAll } from '../../platform/telemetry.ts';

export interface BatcherOptions<Item> {
  /** Of the span that a batch of several is. */
  readonly name: string;
  /** Items of one batch at most. */
  readonly limit: number;
  /** Milliseconds from the begin of a batch to that of the next at least, so that company forms; 0 when absent. */
  readonly gatherMs?: number;
  /** Settles every item of the batch itself; a rejection here rejects them all. */
  readonly run: (batch: readonly Batched<Item>[]) => Promise<void>;
}

/** One item and the promise its giver waits for. */
export interface Batched<Item> {
  readonly item: Item;
  /** The giver's. */
  readonly span: Span | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Groups what comes in while a batch runs into the next one: after a rest nothing waits for company, and company forms
 * under load. The returned function settles with its item.
 */
export function makeBatcher<Item>(
  { name, limit, gatherMs = 0, run }: BatcherOptions<Item>,
): (item: Item) => Promise<void> {
  const waiting: Batched<Item>[] = [];
  let running = false;
  let nextAt = 0;

  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const restMs = nextAt - performance.now();
      if (restMs > 0 && waiting.length < limit) await sleep(restMs);
      nextAt = performance.now() + gatherMs;
      const batch = waiting.splice(0, limit);
      try {
        await withinAll(name, batch.map(({ span }) => span), () => run(batch));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, span: currentSpan(), resolve, reject });
      // One turn of the loop: the jobs that one answer of Redis brought come together.
      if (!running) {
        running = true;
        setImmediate(() => void drain());
      }
    });
}
