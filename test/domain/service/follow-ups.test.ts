import { expect, test } from 'vitest';
import { leadStep, reminderStep } from '../../../src/domain/service/follow-ups.ts';

const at = (text: string) => new Date(`2026-06-${text}:00Z`);

test.for([
  ['10T12:59', 0], ['10T13:00', 1], ['11T11:59', 1], ['11T12:00', 2], ['13T11:59', 2], ['13T12:00', 3], ['30T12:00', 3],
] as const)('a lead of the 10th at noon has come at %s to step %i', ([now, step]) => {
  expect(leadStep(at('10T12:00'), at(now))).toBe(step);
});

test.for([
  ['a day and a minute before: not yet', '01T00:00', '09T11:59', 0],
  ['a day before: the first', '01T00:00', '09T12:00', 1],
  ['two hours before: the second', '01T00:00', '10T10:00', 2],
  ['when it begins: none any more', '01T00:00', '10T12:00', 0],
  ['agreed upon within the day: the first is left out', '09T18:00', '09T20:00', 0],
  ['… and the second comes', '09T18:00', '10T10:00', 2],
  ['agreed upon an hour before: none', '10T11:00', '10T11:30', 0],
] as const)('of a visit on the 10th at noon, %s', ([, agreedAt, now, step]) => {
  expect(reminderStep({ startsAt: at('10T12:00'), agreedAt: at(agreedAt) }, at(now))).toBe(step);
});
