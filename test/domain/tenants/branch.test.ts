import { expect, test } from 'vitest';
import { moveBranch, openBranch } from '../../../src/domain/tenants/branch.ts';
import { id, now, tenant } from '../../support/facts.ts';

const place = { zone: 'roma-norte', address: 'Calle Colima 1', latitude: 19.4178, longitude: -99.1624 };
const { branch, events: opened } = openBranch({ id: id(7), tenantId: tenant.id, place, actorUserId: id(2) }, now);
const later = new Date(now.getTime() + 1_000);
const move = (change: object) => moveBranch(branch, { place: { ...place, ...change }, actorUserId: id(2) }, later);

test('a branch is told of when it opens', () => {
  expect(opened).toMatchObject([
    { eventType: 'BranchUpdated', tenantId: tenant.id, occurredAt: now, payload: { branchId: id(7), ...place } },
  ]);
});

test.each([{ zone: 'condesa' }, { address: 'Calle Colima 2' }, { latitude: 19.4179 }, { longitude: -99.1623 }])(
  'a branch with another %j is told of',
  (change) => {
    const moved = move(change);
    expect(moved.branch).toEqual({ ...branch, ...change, updatedAt: later });
    expect(moved.events).toMatchObject([{ occurredAt: later, payload: { ...place, ...change } }]);
  },
);

test('a branch that is where it was stays as it was', () => {
  expect(move({})).toEqual({ branch, events: [] });
});
