import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventsPage, isMade } from '../../dev/contracts/events-page.ts';
import { checkContracts } from '../../dev/contracts/gate.ts';
import { readRecords, type VersionRecord } from '../../dev/contracts/versions.ts';
import { contracts } from '../../src/events/index.ts';
import { defineEvent } from '../../src/events/contract/event.ts';

const base = {
  id: z.uuid(),
  note: z.string().optional(),
  kind: z.enum(['a', 'b']),
  amount: z.object({ minor: z.int(), currency: z.string() }),
};
const paid = (payload: z.ZodRawShape, version = 1, upcast = {}) =>
  defineEvent({ type: 'ThingPaid', version, payload: z.object(payload), upcast });
const recorded = (): VersionRecord => {
  const [record] = checkContracts([paid(base)], []).unrecorded;
  const event = {
    eventId: '01890000-0000-7000-8000-000000000000', eventType: 'ThingPaid', schemaVersion: 1,
    occurredAt: '2026-01-01T00:00:00.000Z', correlationId: '01890000-0000-7000-8000-000000000000',
    payload: { id: '01890000-0000-7000-8000-000000000000', kind: 'a', amount: { minor: 1250, currency: 'EUR' } },
  };
  return { ...(record as VersionRecord), corpus: [event] };
};
const { kind: _, ...withoutKind } = base;

test.for<[string, z.ZodRawShape, string]>([
  ['a required field is added', { ...base, more: z.string() }, 'payload.more was added as required'],
  ['a field is removed', withoutKind, 'payload.kind was removed'],
  ['a field is renamed', { ...withoutKind, sort: z.enum(['a', 'b']) }, 'payload.kind was removed'],
  ['an enum is narrowed', { ...base, kind: z.enum(['a']) }, 'payload.kind lost the member b'],
  ['a type changes', { ...base, id: z.int() }, 'payload.id type changed from string to integer'],
  ['minor units become a decimal', { ...base, amount: z.object({ minor: z.number(), currency: z.string() }) }, 'payload.amount.minor type changed from integer to number'],
  ['an optional field becomes required', { ...base, note: z.string() }, 'payload.note became required'],
  ['a required field becomes optional', { ...base, kind: z.enum(['a', 'b']).optional() }, 'payload.kind became optional'],
  ['null becomes possible', { ...base, id: z.uuid().nullable() }, 'payload.id can now be null'],
  ['a format changes', { ...base, id: z.email() }, 'payload.id format changed'],
])('the gate is red when %s', ([, payload, expected]) => {
  const { breaking } = checkContracts([paid(payload)], [recorded()]);
  expect(breaking.join('\n')).toContain(expected);
});

test.for<[string, z.ZodRawShape, string]>([
  ['an optional field is added', { ...base, more: z.string().optional() }, 'payload.more was added as optional'],
  ['an enum gets a member', { ...base, kind: z.enum(['a', 'b', 'c']) }, 'payload.kind got the member c'],
])('the gate asks to record it when %s', ([, payload, expected]) => {
  const { breaking, notes, unrecorded } = checkContracts([paid(payload)], [recorded()]);
  expect(breaking).toEqual([]);
  expect(notes.join('\n')).toContain(expected);
  expect(unrecorded[0]?.corpus).toHaveLength(1);
});

test('a breaking change passes as a new version whose upcaster reads the recorded events, and only then', () => {
  const payload = { ...base, more: z.string() };
  const good = paid(payload, 2, { 1: (old: object) => ({ ...old, more: 'none' }) });
  expect(checkContracts([good], [recorded()]).breaking).toEqual([]);
  const bad = paid(payload, 2, { 1: (old: object) => old });
  expect(checkContracts([bad], [recorded()]).breaking.join()).toContain('recorded event 1');
});

test('a type that vanished, a version that went back and one that was never recorded are refused', () => {
  expect(checkContracts([], [recorded()]).breaking.join()).toContain('has no contract any more');
  expect(checkContracts([paid(base)], [{ ...recorded(), version: 2 }]).breaking.join()).toContain('went back from version 2 to 1');
  expect(checkContracts([paid(base, 2, { 1: (old: object) => old })], []).breaking.join()).toContain('version 1 is not on record');
});

test('every contract of the code is on record, with recorded events of every version that was ever made', () => {
  const records = readRecords('contracts');
  expect(checkContracts(contracts, records)).toEqual({ breaking: [], unrecorded: [], notes: [] });
  const without = records.filter(({ type, corpus }) => corpus.length === 0 && isMade(type));
  expect(without.map(({ type, version }) => `${type} ${version}`)).toEqual([]);
});

test('docs/events.md says what the code says', () => {
  expect(readFileSync('docs/events.md', 'utf8')).toBe(eventsPage());
});
