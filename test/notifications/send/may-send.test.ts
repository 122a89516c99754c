import { expect, test } from 'vitest';
import { maySend, type SendingFacts } from '../../../src/notifications/send/may-send.ts';

const now = new Date('2026-06-10T21:00:00Z');
const at = (time: string) => new Date(`2026-06-10T${time}Z`);
const facts: SendingFacts = {
  importance: 'normal', now, expiresAt: null, visit: undefined, outdated: null, quietHours: undefined, throttledUntil: undefined,
};
const quietHours = { timeZone: 'UTC', from: '20:00', until: '22:30' };
const visit = { stands: true, startsAt: at('23:00:00') };

test.for<[string, Partial<SendingFacts>, string]>([
  ['nothing stands in the way', {}, 'send'],
  ['quiet hours hold what is normal', { quietHours }, 'held quiet hours until 2026-06-10T22:30:00.000Z'],
  ['quiet hours hold what is legal', { quietHours, importance: 'legal' }, 'held quiet hours until 2026-06-10T22:30:00.000Z'],
  ['quiet hours hold what is low', { quietHours, importance: 'low' }, 'held quiet hours until 2026-06-10T22:30:00.000Z'],
  ['what is critical goes in quiet hours, and that is on record', { quietHours, importance: 'critical' }, 'send quiet hours critical'],
  ['quiet hours that are over hold nothing', { quietHours: { ...quietHours, until: '21:00' } }, 'send'],
  ['a busy hour holds what is normal', { throttledUntil: at('21:20:00') }, 'held throttle until 2026-06-10T21:20:00.000Z'],
  ['a busy hour holds what is legal', { throttledUntil: at('21:20:00'), importance: 'legal' }, 'held throttle until 2026-06-10T21:20:00.000Z'],
  ['a busy hour does not hold what is critical', { throttledUntil: at('21:20:00'), importance: 'critical' }, 'send'],
  ['quiet hours come before a busy hour', { quietHours, throttledUntil: at('21:20:00') }, 'held quiet hours until 2026-06-10T22:30:00.000Z'],
  ['what is of no use any more never leaves', { expiresAt: at('21:00:00') }, 'suppressed expiry was of use until 2026-06-10T21:00:00.000Z'],
  ['not even when it is critical', { expiresAt: at('20:00:00'), importance: 'critical' }, 'suppressed expiry was of use until 2026-06-10T20:00:00.000Z'],
  ['what is still of use leaves', { expiresAt: at('21:00:01') }, 'send'],
  ['a visit that stands is told of', { visit, expiresAt: visit.startsAt }, 'send'],
  ['a visit that was called off is not', { visit: { ...visit, stands: false }, expiresAt: visit.startsAt }, 'suppressed expiry the visit was called off'],
  ['a visit that moved is not, at its old time', { visit, expiresAt: at('22:00:00') }, 'suppressed expiry the visit is at another time'],
  ['what is no longer true never leaves', { outdated: 'the quote expired', importance: 'critical' }, 'suppressed expiry the quote expired'],
  ['nor does it wait first', { outdated: 'the quote expired', quietHours }, 'suppressed expiry the quote expired'],
  ['expiry comes before quiet hours', { quietHours, expiresAt: at('20:30:00') }, 'suppressed expiry was of use until 2026-06-10T20:30:00.000Z'],
])('%s', ([, given, expected]) => {
  const { verdict, decision } = maySend({ ...facts, ...given });
  expect([verdict, decision?.rule, decision?.detail].filter(Boolean).join(' ')).toBe(expected);
});
