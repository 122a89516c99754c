import { expect, test } from 'vitest';
import { moderate, type ModerationStep, type Visibility } from '../../../src/domain/listings/moderation.ts';
import { id, now, tenant } from '../../support/facts.ts';

const act = (status: Visibility, step: ModerationStep) =>
  moderate(
    { target: 'review', id: id(7), tenantId: tenant.id, status },
    { id: id(8), step, reason: 'Insultos.', operatorUserId: id(9) },
    now,
  );

test.each([
  ['visible', 'hide', 'hidden'],
  ['visible', 'ban', 'banned'],
  ['hidden', 'restore', 'visible'],
  ['hidden', 'ban', 'banned'],
] as const)('what is %s, by %s becomes %s, which is told with its reason', (status, step, next) => {
  const { status: after, events } = act(status, step);
  expect(after).toBe(next);
  expect(events).toMatchObject([
    { actorUserId: id(9), payload: { actionId: id(8), targetId: id(7), action: step, reason: 'Insultos.' } },
  ]);
});

test.each([
  ['visible', 'restore'],
  ['hidden', 'hide'],
  ['banned', 'hide'],
  ['banned', 'restore'],
  ['banned', 'ban'],
] as const)('what is %s can’t be taken by %s', (status, step) => {
  expect(() => act(status, step)).toThrow(`The review is ${status}.`);
});
