import { expect, test } from 'vitest';
import { z } from 'zod';
import { Permanent, RetryLater } from '../../../src/events/contract/errors.ts';
import { defineEvent, type StoredEvent } from '../../../src/events/contract/event.ts';

const SECRET = 'ana@example.com';
const occurredAt = new Date('2026-01-01T00:00:00Z');

/** Version 1 had a full name, version 2 two names, version 3 an initial instead of the last. */
const renamed = defineEvent({
  type: 'PersonRenamed',
  version: 3,
  payload: z.object({ first: z.string(), initial: z.string().length(1), age: z.number().optional() }),
  upcast: {
    1: ({ name }: { name: string }) => {
      const [first, last] = name.split(' ');
      return { first, last };
    },
    2: ({ first, last }: { first: string; last: string }) => ({ first, initial: last.slice(0, 1) }),
  },
});

const stored = (schemaVersion: number, payload: unknown): StoredEvent => ({
  eventId: '01890000-0000-7000-8000-000000000000', eventType: 'PersonRenamed', occurredAt, schemaVersion, payload,
  correlationId: '01890000-0000-7000-8000-000000000001',
});

function refusal(schemaVersion: number, payload: unknown): unknown {
  try {
    return renamed.read(stored(schemaVersion, payload));
  } catch (error) {
    return error;
  }
}

test('the writer states type, version and facts, and what it made cannot be changed', () => {
  const tenantId = '01890000-0000-7000-8000-000000000002';
  const event = renamed({ tenantId, occurredAt, payload: { first: 'Ana', initial: 'R' } });
  expect(event).toEqual({
    eventType: 'PersonRenamed', schemaVersion: 3, tenantId, occurredAt, payload: { first: 'Ana', initial: 'R' },
  });
  expect(Object.isFrozen(event)).toBe(true);
});

test.for([
  ['a key that the version does not know', { first: 'Ana', initial: 'R', last: 'Ruiz' }],
  ['a missing key', { first: 'Ana' }],
  ['a value out of bounds', { first: 'Ana', initial: 'Ruiz' }],
  ['no object', null],
])('the writer refuses %s', ([, payload]) => {
  expect(() => renamed({ occurredAt, payload: payload as never })).toThrow(z.ZodError);
});

test('the reader drops keys that its version does not know', () => {
  const { payload } = renamed.read(stored(3, { first: 'Ana', initial: 'R', nickname: 'Anita' }));
  expect(payload).toEqual({ first: 'Ana', initial: 'R' });
});

test('an old event passes every upcaster from its version on, in order, and is read in the newest version', () => {
  const newest = { schemaVersion: 3, payload: { first: 'Ana', initial: 'R' } };
  expect(renamed.read(stored(1, { name: 'Ana Ruiz' }))).toMatchObject(newest);
  expect(renamed.read(stored(2, { first: 'Ana', last: 'Ruiz' }))).toMatchObject(newest);
});

test('a contract whose chain of upcasters has a gap is refused when it is defined', () => {
  const define = () => defineEvent({ type: 'Gapped', version: 3, payload: z.object({}), upcast: { 1: () => ({}) } });
  expect(define).toThrow('Gapped version 3 has no upcaster from version 2');
});

test('an event newer than the contract is put off by a minute, unread', () => {
  const error = refusal(4, { first: SECRET });
  expect(error).toBeInstanceOf(RetryLater);
  expect(error).toMatchObject({ delayMs: 60_000, message: 'PersonRenamed version 4 is newer than 3' });
});

test.for<[string, number, unknown, string]>([
  ['a wrong type', 3, { first: 7, initial: SECRET }, 'first invalid_type, initial too_big'],
  ['no object', 3, SECRET, '(root) invalid_type'],
  ['a version that never was', 0, { name: SECRET }, 'no way to version 1'],
  ['what its upcaster cannot take', 1, { name: null, email: SECRET }, 'no way to version 2'],
  ['what a later upcaster cannot take', 1, { name: SECRET }, 'no way to version 3'],
])('an event with %s is unreadable for good, and the reason says where but not what', ([, version, payload, where]) => {
  const error = refusal(version, payload);
  expect(error).toBeInstanceOf(Permanent);
  expect((error as Error).message).toBe(`payload of PersonRenamed version ${version}: ${where}`);
  expect((error as Error).message).not.toContain(SECRET);
});
