/** A bound on what is under way at once in this process. Who asks first is served first. */
export interface Capacity {
  /** Resolves to how many more may begin, from 1 to `wanted`. Each has to be released. */
  take(wanted: number): Promise<number>;
  /** Resolves to true when one more may begin, which has to be released; to false when none was free in time. */
  takeWithin(withinMs: number): Promise<boolean>;
  release(count: number): void;
}

interface Waiting {
  readonly wanted: number;
  readonly resolve: (count: number) => void;
}

/** Who wants many gets half of all at least: what one transaction claims should be more than one. */
const LEAST_PART = 2;

/** Makes a capacity of as many as `most` says at the time. */
export function makeCapacity(most: () => number): Capacity {
  let taken = 0;
  const waiting: Waiting[] = [];

  function serve(): void {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const free = most() - taken;
      if (free < Math.min(next.wanted, Math.max(1, Math.floor(most() / LEAST_PART)))) return;
      waiting.shift();
      const count = Math.min(free, next.wanted);
      taken += count;
      next.resolve(count);
    }
  }

  return Object.freeze({
    take: (wanted: number) => new Promise<number>((resolve) => {
      waiting.push({ wanted, resolve });
      serve();
    }),
    takeWithin: (withinMs: number) => new Promise<boolean>((resolve) => {
      const entry: Waiting = {
        wanted: 1,
        resolve() {
          clearTimeout(timer);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1);
        resolve(false);
        serve();
      }, withinMs);
      waiting.push(entry);
      serve();
    }),
    release(count: number) {
      taken -= count;
      serve();
    },
  });
}
