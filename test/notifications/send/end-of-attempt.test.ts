import { describe, expect, test } from 'vitest';
import { RetryLater } from '../../../src/events/contract/errors.ts';
import type { Outcome } from '../../../src/notifications/channels/channel.ts';
import { type AttemptFacts, endOfAttempt } from '../../../src/notifications/send/end-of-attempt.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const now = new Date('2026-03-02T10:00:00Z');
const before = (ms: number) => new Date(now.getTime() - ms);
const after = (ms: number) => new Date(now.getTime() + ms);
const reason = 'smtp 450 4.7.1';

const facts: AttemptFacts = {
  channel: 'email', attempt: 1, refusals: 0, isDoubtful: false, now, expiresAt: null, deferrals: 0, deferredSince: null,
  resendsUnknown: true, longestWaitMs: 3 * DAY,
};
const end = (outcome: Outcome, changes: Partial<AttemptFacts> = {}) => endOfAttempt(outcome, { ...facts, ...changes });
const deferred: Outcome = { outcome: 'deferred', reason };

/** Returns the milliseconds that a deferred notification waits. */
function waitOf(outcome: Outcome, changes: Partial<AttemptFacts> = {}): number {
  const { error } = end(outcome, changes);
  if (!(error instanceof RetryLater)) throw new Error('it does not wait by itself');
  return error.delayMs;
}

test('what is refused for good ends, unless it may have been delivered before', () => {
  expect(end({ outcome: 'rejected', reason })).toEqual({ end: { outcome: 'rejected', status: 'failed', detail: reason } });
  expect(end({ outcome: 'rejected', reason }, { isDoubtful: true }).end.status).toBe('unknown');
});

test.each(['limited', 'unavailable', 'unauthorized', 'unreachable'] as const)('%s holds the channel, however often it was tried', (outcome) => {
  const ended = end({ outcome, reason, retryAfterMs: 7_000 }, { attempt: 1_000, refusals: 7, deferrals: 50, deferredSince: before(30 * DAY) });
  expect(ended.end).toEqual({ outcome, status: 'queued', detail: reason });
  expect(ended.error).toBeInstanceOf(Unavailable);
  expect(ended.error).toMatchObject({ forMs: 7_000, waitMs: MINUTE, isAccount: outcome === 'unauthorized' });
});

test('a notification that meets one outage after another waits longer itself, a minute at most', () => {
  const waits = [1, 2, 3, 8, 9, 100].map((attempt) => end({ outcome: 'unavailable', reason }, { attempt }).error);
  expect(waits.map((error) => (error as Unavailable).waitMs)).toEqual([500, 1_000, 2_000, MINUTE, MINUTE, MINUTE]);
});

test.each(['limited', 'unavailable', 'unauthorized', 'unreachable'] as const)('%s at one of many services makes that notification wait alone', (outcome) => {
  const one: Outcome = { outcome, reason, isOneOfMany: true };
  expect(end(one).end).toEqual({ outcome, status: 'queued', detail: reason, isDeferred: true });
  expect(waitOf(one)).toBeLessThanOrEqual(1_250);
});

describe('what is put off', () => {
  test('waits about a minute first, and twice as long each time, four hours at most', () => {
    for (const [deferrals, straight] of [[0, MINUTE], [1, 2 * MINUTE], [2, 4 * MINUTE], [5, 32 * MINUTE], [9, 4 * HOUR], [60, 4 * HOUR]] as const) {
      const wait = waitOf(deferred, { deferrals, deferredSince: before(HOUR) });
      expect(wait).toBeGreaterThanOrEqual(0.75 * straight);
      expect(wait).toBeLessThanOrEqual(1.25 * straight);
    }
  });

  test('waits as long as it is asked to', () => {
    expect(waitOf({ ...deferred, retryAfterMs: 5_000 })).toBe(5_000);
    expect(waitOf({ ...deferred, retryAfterMs: HOUR }, { deferrals: 3, deferredSince: now })).toBe(HOUR);
  });

  test('does not ask again and again where it is asked to wait for a second', () => {
    expect(waitOf({ ...deferred, retryAfterMs: 1_000 }, { deferrals: 10, deferredSince: before(HOUR) })).toBeGreaterThan(10 * MINUTE);
  });

  test('spends nothing', () => {
    expect(end(deferred).end).toEqual({ outcome: 'deferred', status: 'queued', detail: reason, isDeferred: true });
  });

  test('is tried a last time just before it is given up', () => {
    expect(waitOf(deferred, { deferrals: 20, deferredSince: before(3 * DAY - HOUR) })).toBe(HOUR - 30_000);
    expect(waitOf(deferred, { deferrals: 20, deferredSince: before(HOUR), expiresAt: after(HOUR) })).toBe(HOUR - 30_000);
  });

  test.each<[title: string, changes: Partial<AttemptFacts>]>([
    ['three days', { deferrals: 20, deferredSince: before(3 * DAY) }],
    ['its use', { deferrals: 2, deferredSince: before(HOUR), expiresAt: after(20_000) }],
    ['a short use, at the first try', { expiresAt: after(20_000) }],
  ])('fails after %s, with the reason', (_title, changes) => {
    const { end: ended, error } = end(deferred, changes);
    expect(error).toBeUndefined();
    expect(ended).toEqual({ outcome: 'deferred', status: 'failed', detail: `${reason}, since ${(changes.deferredSince ?? now).toISOString()}` });
    expect(end(deferred, { ...changes, isDoubtful: true }).end.status).toBe('unknown');
  });
});

test('what nobody knows is sent again by the template’s policy, eight times at most', () => {
  const unknown: Outcome = { outcome: 'unknown', reason };
  expect(end(unknown).end).toEqual({ outcome: 'unknown', status: 'queued', detail: reason });
  expect(end(unknown).error).not.toBeInstanceOf(Unavailable);
  expect(end(unknown, { refusals: 7 })).toEqual({ end: { outcome: 'unknown', status: 'unknown', detail: reason } });
  expect(end(unknown, { resendsUnknown: false })).toEqual({ end: { outcome: 'unknown', status: 'unknown', detail: reason } });
  expect(end({ ...unknown, isHeld: true }).error).toBeInstanceOf(Unavailable);
});
