import { expect, test } from 'vitest';
import { type Batched, makeBatcher } from '../../../src/kernel/consumers/batcher.ts';

/** A batcher whose batches wait at a gate; what each held is on record. */
function gated(limit: number) {
  const batches: number[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const arrived = Promise.withResolvers<void>();
  const add = makeBatcher<number>({
    name: 'test',
    limit,
    run: async (batch) => {
      batches.push(batch.map(({ item }) => item));
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      arrived.resolve();
      await gate.promise;
      for (const { resolve } of batch) resolve();
    },
  });
  return { add, batches, gates, arrived: arrived.promise };
}

test('what comes in while a batch runs is the next batch, up to the limit', async () => {
  const { add, batches, gates, arrived } = gated(3);
  const first = add(1);
  await arrived;
  const rest = [2, 3, 4, 5].map(add);
  expect(batches).toEqual([[1]]);
  gates[0]?.resolve();
  await first;
  await new Promise(setImmediate);
  gates[1]?.resolve();
  await Promise.all(rest.slice(0, 3));
  await new Promise(setImmediate);
  gates[2]?.resolve();
  await Promise.all(rest);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

test('items of one turn of the loop come together, and a batcher at rest starts again', async () => {
  const batches: number[] = [];
  const run = async (batch: readonly Batched<number>[]) => {
    batches.push(batch.length);
    for (const { resolve } of batch) resolve();
  };
  const add = makeBatcher<number>({ name: 'test', limit: 100, run });
  await Promise.all([add(1), add(2), add(3)]);
  await add(4);
  expect(batches).toEqual([3, 1]);
});

test('each item settles as its batch says, and a batch that fails whole fails its own items only', async () => {
  const add = makeBatcher<string>({
    name: 'test',
    limit: 2,
    run: async (batch) => {
      for (const { item, resolve, reject } of batch) {
        if (item === 'collapse') throw new Error('all of them');
        if (item === 'bad') reject(new Error('this one'));
        else resolve();
      }
    },
  });
  const settled = await Promise.allSettled(['good', 'bad', 'collapse', 'beside it', 'after'].map(add));
  expect(settled.map((one) => (one.status === 'fulfilled' ? 'ok' : (one.reason as Error).message))).toEqual([
    'ok', 'this one', 'all of them', 'all of them', 'ok',
  ]);
});

test('a batch begins no sooner after the last than it is told, unless it is full', async () => {
  const begun: { readonly at: number; readonly items: number }[] = [];
  const add = makeBatcher<number>({
    name: 'test',
    limit: 3,
    gatherMs: 500,
    run: async (batch) => {
      begun.push({ at: performance.now(), items: batch.length });
      for (const { resolve } of batch) resolve();
    },
  });
  await add(1);
  await Promise.all([add(2), new Promise(setImmediate).then(() => add(3))]);
  expect(begun.map(({ items }) => items)).toEqual([1, 2]);
  expect((begun[1]?.at ?? 0) - (begun[0]?.at ?? 0)).toBeGreaterThan(490);
  await Promise.all([4, 5, 6].map(add));
  expect((begun[2]?.at ?? 0) - (begun[1]?.at ?? 0)).toBeLessThan(490);
});
