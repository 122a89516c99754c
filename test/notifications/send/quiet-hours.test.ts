import { expect, test } from 'vitest';
import { quietUntil } from '../../../src/notifications/send/quiet-hours.ts';

const night = { timeZone: 'Europe/Madrid', from: '22:00', until: '07:00' };
const siesta = { timeZone: 'Europe/Madrid', from: '14:00', until: '16:30' };

test.for([
  ['in the evening it lasts until the next morning', night, '2026-06-10T20:30:00Z', '2026-06-11T05:00:00Z'],
  ['after midnight it lasts until this morning', night, '2026-06-10T23:30:00Z', '2026-06-11T05:00:00Z'],
  ['its first minute is quiet', night, '2026-06-10T20:00:00Z', '2026-06-11T05:00:00Z'],
  ['the minute before is not', night, '2026-06-10T19:59:59Z', undefined],
  ['its last second is quiet', night, '2026-06-11T04:59:59Z', '2026-06-11T05:00:00Z'],
  ['its end is not', night, '2026-06-11T05:00:00Z', undefined],
  ['within a day it ends that day', siesta, '2026-06-10T12:15:00Z', '2026-06-10T14:30:00Z'],
  ['the same moment is not quiet elsewhere', { ...night, timeZone: 'America/Mexico_City' }, '2026-06-10T20:30:00Z', undefined],
  ['a zone with half an hour', { ...night, timeZone: 'Asia/Kolkata' }, '2026-06-10T17:00:00Z', '2026-06-11T01:30:00Z'],
  ['the night of the spring change is an hour shorter', night, '2026-03-28T21:00:00Z', '2026-03-29T05:00:00Z'],
  ['the night of the autumn change is an hour longer', night, '2026-10-24T20:00:00Z', '2026-10-25T06:00:00Z'],
  ['an end that the clocks skip is when they have', { ...night, until: '02:30' }, '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z'],
  ['a quiet that the clocks skip does not hold', { ...night, from: '02:15', until: '02:45' }, '2026-03-29T01:00:00Z', undefined],
  ['an end that comes twice ends the first time', { ...night, until: '02:30' }, '2026-10-25T00:15:00Z', '2026-10-25T00:30:00Z'],
  ['… and again the second time', { ...night, until: '02:30' }, '2026-10-25T01:15:00Z', '2026-10-25T01:30:00Z'],
] as const)('%s', ([, quiet, now, end]) => {
  expect(quietUntil(quiet, new Date(now))?.toISOString()).toBe(end?.replace('Z', '.000Z'));
});
