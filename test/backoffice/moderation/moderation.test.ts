import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { race } from '../../support/race.ts';
import { publishedListing, reviewedTicket } from '../../support/service.ts';

const reason = 'Insultos.';
const path = '/backoffice/moderation';

async function open(target: 'review' | 'listing') {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const of = { review: async () => reviewedTicket(app), listing: async () => publishedListing(app) };
  const things = await of[target]();
  const targetId = 'reviewId' in things ? things.reviewId : things.listingId;
  const act = (action: string) => operator.post(path, { target, targetId, action, reason });
  return { sql, app, operator, targetId, tenantId: things.tenantId, act };
}

describe.each(['review', 'listing'] as const)('the moderation of a %s', (target) => {
  test('hides, restores and bans, on record and each with its event', async () => {
    const { sql, operator, targetId, tenantId, act } = await open(target);
    const answers = [];
    for (const action of ['hide', 'restore', 'ban']) answers.push(await json(await act(action)));
    expect(answers.map((answer) => answer['status'])).toEqual(['hidden', 'visible', 'banned']);
    const actionIds = answers.map((answer) => answer['actionId']);
    const told = await eventsOf(sql, 'ModerationActionTaken');
    expect(told.map(({ payload }) => payload)).toEqual(
      ['hide', 'restore', 'ban'].map((action, index) => (
        { actionId: actionIds[index], tenantId, target, targetId, action, reason }
      )),
    );
    const recorded = await sql`
      select id, operator_user_id as by, request from operator_action where action = 'moderate' order by id
    `;
    expect(recorded).toMatchObject(actionIds.map((id) => ({ id, by: operator.userId, request: { target, targetId } })));
  });

  test.each([
    [['restore'], 'visible', 'hide, ban'],
    [['hide', 'hide'], 'hidden', 'restore, ban'],
    [['ban', 'restore'], 'banned', 'nothing more'],
    [['ban', 'ban'], 'banned', 'nothing more'],
  ])('by %j is refused at its end', async (actions, state, allowed) => {
    const { sql, act } = await open(target);
    for (const action of actions.slice(0, -1)) await act(action);
    const answer = await act(actions.at(-1) ?? '');
    const detail = `The ${target} is ${state}. That allows: ${allowed}.`;
    expect([answer.status, await json(answer)]).toMatchObject([409, { detail }]);
    expect(await sql`select from operator_action where action = 'moderate'`).toHaveLength(actions.length - 1);
    expect(await eventsOf(sql, 'ModerationActionTaken')).toHaveLength(actions.length - 1);
  });

  test('by two operators at once happens once', async () => {
    const { sql, app, targetId, act } = await open(target);
    const other = await signIn(app, { roles: ['backoffice:write'] });
    const hold = (tx: Tx) => tx`select from ${tx(target)} where id = ${targetId} for update`;
    const answers = await race(sql, { hold, racers: 2 }, () =>
      Promise.all([act('hide'), other.post(path, { target, targetId, action: 'hide', reason })]),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(await eventsOf(sql, 'ModerationActionTaken')).toHaveLength(1);
  });

  test('needs the role to write, and something that is there', async () => {
    const { sql, app, operator, targetId } = await open(target);
    const body = { target, targetId, action: 'hide', reason };
    for (const role of ['user', 'backoffice:read'] as const) {
      expect((await (await signIn(app, { roles: [role] })).post(path, body)).status).toBe(403);
    }
    expect((await operator.post(path, { ...body, targetId: randomUUID() })).status).toBe(404);
    const other = target === 'review' ? 'listing' : 'review';
    expect((await operator.post(path, { ...body, target: other })).status).toBe(404);
    expect(await sql`select from operator_action where action = 'moderate'`).toHaveLength(0);
  });
});
