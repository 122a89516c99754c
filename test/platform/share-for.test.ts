import { expect, test, vi } from 'vitest';
import { shareFor } from '../../src/platform/share-for.ts';

test('callers share a run and its result or failure until its time has passed', async () => {
  vi.useFakeTimers();
  let runs = 0;
  const ask = shareFor(1_000, async () => {
    runs += 1;
    if (runs === 2) throw new Error('down');
    return runs;
  });
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  await expect(ask()).rejects.toThrow('down');
  await expect(ask()).rejects.toThrow('down');
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await ask()).toBe(3);
  vi.useRealTimers();
});
