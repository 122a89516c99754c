import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { abortAfter } from '../../src/platform/abort-after.ts';

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test('the signal aborts after its time', async () => {
  using limit = abortAfter(1);
  await new Promise((resolve) => limit.signal.addEventListener('abort', resolve));
  expect((limit.signal.reason as Error).name).toBe('TimeoutError');
});

test('the signal aborts with the outer one, for its reason', () => {
  const outer = new AbortController();
  using limit = abortAfter(60_000, outer.signal);
  expect(limit.signal.aborted).toBe(false);
  outer.abort(new Error('stop'));
  expect(limit.signal.reason).toEqual(new Error('stop'));
});

test('an outer signal that has aborted aborts at once', () => {
  using limit = abortAfter(60_000, AbortSignal.abort(new Error('stopped')));
  expect(limit.signal.reason).toEqual(new Error('stopped'));
});

test('disposal leaves neither the timer nor the listener', () => {
  const outer = new AbortController();
  const before = timers();
  const limit = abortAfter(60_000, outer.signal);
  expect(timers()).toBe(before + 1);
  expect(getEventListeners(outer.signal, 'abort')).toHaveLength(1);
  limit[Symbol.dispose]();
  expect(timers()).toBe(before);
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});
