import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeWake } from '../../src/outbox/wake.ts';
import type { Redis } from '../../src/platform/redis.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] }));
afterEach(() => void vi.useRealTimers());

function waking(publish = async () => 1) {
  const publishing = vi.fn(publish);
  const wake = makeWake({ publish: publishing } as unknown as Redis, 'test');
  const sent = () => publishing.mock.calls.length;
  return { sent, wake, wakeOften: () => Array.from({ length: 100 }).forEach(() => wake()) };
}

test('calls within a rest become one wake-up at its end, and nothing follows them', () => {
  const { sent, wakeOften } = waking();
  wakeOften();
  vi.advanceTimersByTime(0);
  expect(sent()).toBe(1);
  wakeOften();
  vi.advanceTimersByTime(1);
  expect(sent()).toBe(1);
  vi.advanceTimersByTime(100);
  expect(sent()).toBe(2);
});

test('a call after the rest is sent at once, also when Redis refused the one before', () => {
  const { sent, wake } = waking(() => Promise.reject(new Error('refused')));
  for (const expected of [1, 2, 3]) {
    wake();
    vi.advanceTimersByTime(0);
    expect(sent()).toBe(expected);
    vi.advanceTimersByTime(100);
  }
});
