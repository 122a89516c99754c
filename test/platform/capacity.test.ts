import { expect, test } from 'vitest';
import { makeCapacity } from '../../src/platform/capacity.ts';

test('who wants many gets what is free, and never more than there is', async () => {
  const capacity = makeCapacity(() => 8);
  expect(await capacity.take(3)).toBe(3);
  expect(await capacity.take(25)).toBe(5);
  const next = capacity.take(25);
  capacity.release(3);
  expect(await Promise.race([next, capacity.takeWithin(0)])).toBe(false); // less than half is too few to begin with
  capacity.release(1);
  expect(await next).toBe(4);
});

test('who asks first is served first', async () => {
  const capacity = makeCapacity(() => 4);
  expect(await capacity.take(4)).toBe(4);
  const served: string[] = [];
  const first = capacity.take(4).then((count) => void served.push(`first ${count}`));
  const second = capacity.take(1).then((count) => void served.push(`second ${count}`));
  capacity.release(4);
  await first;
  capacity.release(4);
  await second;
  expect(served).toEqual(['first 4', 'second 1']);
});

test('who does not wait any longer is in nobody’s way', async () => {
  const capacity = makeCapacity(() => 1);
  expect(await capacity.takeWithin(1_000)).toBe(true);
  expect(await capacity.takeWithin(1)).toBe(false);
  const next = capacity.take(1);
  capacity.release(1);
  expect(await next).toBe(1);
});

test('a capacity that shrinks takes nothing away, and gives nothing before there is room again', async () => {
  let most = 4;
  const capacity = makeCapacity(() => most);
  expect(await capacity.take(4)).toBe(4);
  most = 2;
  capacity.release(2);
  expect(await capacity.takeWithin(1)).toBe(false);
  capacity.release(1);
  expect(await capacity.takeWithin(1)).toBe(true);
});
