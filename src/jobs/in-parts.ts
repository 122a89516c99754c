import type { ChunkContext, RunContext } from '../kernel/jobs/job.ts';

interface Parts {
  /** What a part's name in the ledger begins with. */
  readonly name: string;
  /** The most that one part handles. */
  readonly atOnce: number;
}

/**
 * Does so much at once, each time in a piece of its own, until a piece finds less: `work` says how much it found. In a run
 * that is resumed, pieces that are done pass for full.
 */
export async function inParts(
  chunk: RunContext<object>['chunk'],
  { name, atOnce }: Parts,
  work: (context: ChunkContext) => Promise<number>,
): Promise<void> {
  let found = atOnce;
  for (let part = 1; found === atOnce; part += 1) {
    await chunk(`${name} ${part}`, async (context) => {
      found = await work(context);
    });
  }
}
