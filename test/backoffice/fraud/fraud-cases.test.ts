import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { scoreFraud } from '../../../src/jobs/score-fraud.ts';
import { appDeps, json, signIn, signInOperators } from '../../support/app.ts';
import { night, openMarket } from '../../support/fraud.ts';
import { runSlot } from '../../support/jobs.ts';

const PATH = '/backoffice/fraud-cases';

interface Shown {
  readonly id: string;
  readonly subject: string;
  readonly subjectId: string;
  readonly score: number;
}

/** Three ambassadors who brought their own tenants, one of them two, and a reviewer of their own tenant. */
async function open() {
  const market = await openMarket();
  const { sql, tenant, attribute, review } = market;
  const owners = [await tenant(), await tenant(), await tenant()] as const;
  for (const { id, owner } of owners) await attribute(id, owner);
  await attribute((await tenant(owners[0].owner)).id, owners[0].owner);
  const author = await tenant();
  await review({ tenantId: author.id, author: author.owner, at: new Date('2026-06-01T12:00:00Z') });
  await runSlot(sql, scoreFraud, { ports: {}, scheduledFor: night });
  const app = createApp(appDeps(sql));
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  const list = async (query = '') => {
    const { cases, nextCursor } = await json(await reader.get(`${PATH}${query}`));
    return { cases: cases as readonly Shown[], nextCursor };
  };
  return { ...market, app, reader, list, owners, author, operator: await signInOperators(app) };
}

test('cases are listed by subject, status and score, newest first and page by page', async () => {
  const { list, owners, author } = await open();
  const { cases } = await list();
  expect(cases).toHaveLength(4);
  expect(cases.map(({ id }) => id)).toEqual(cases.map(({ id }) => id).toSorted().toReversed());
  expect((await list('?subject=reviewer')).cases).toMatchObject([{ subject: 'reviewer', subjectId: author.owner, score: 500 }]);
  expect((await list('?minScore=601')).cases).toMatchObject([{ subjectId: owners[0].owner, score: 900 }]);
  expect((await list('?status=dismissed')).cases).toEqual([]);
  const first = await list('?limit=3&status=open');
  const rest = await list(`?limit=3&status=open&cursor=${String(first.nextCursor)}`);
  expect([...first.cases, ...rest.cases]).toEqual(cases);
  expect(rest.nextCursor).toBeNull();
});

test('a case shows what speaks against its subject', async () => {
  const { list, reader, author } = await open();
  const [one] = (await list('?subject=reviewer')).cases;
  expect(await json(await reader.get(`${PATH}/${one?.id}`))).toEqual({
    id: one?.id, subject: 'reviewer', subjectId: author.owner, openedAt: night.toISOString(), score: 500, status: 'open',
    resolvedAt: null, resolvedBy: null, reason: null, settledAt: null, settledBy: null, settledReason: null,
    reversedAt: null, reversedBy: null, reversedReason: null, evidence: { components: { own_reviews: { value: 1, points: 500 } } }, attributions: [],
  });
  expect((await reader.get(`${PATH}/${randomUUID()}`)).status).toBe(404);
});

test('an operator says once what a case is, and it is on record', async () => {
  const { sql, list, operator } = await open();
  const [one] = (await list()).cases;
  const path = `${PATH}/${one?.id}/resolve`;
  const answers = await Promise.all(['confirmed', 'dismissed'].map((verdict) => operator.post(path, { verdict, reason: 'a family' })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const decided = answers.find(({ status }) => status === 200);
  const body = decided === undefined ? {} : await json(decided);
  const by = body['status'] === 'confirmed' ? operator.second.userId : operator.userId;
  expect(body).toMatchObject({ id: one?.id, resolvedBy: by, reason: 'a family' });
  expect((await list(`?status=${String(body['status'])}`)).cases).toMatchObject([{ id: one?.id }]);
  const resolved = await sql`
    select operator_user_id as by, request ->> 'caseId' as "caseId" from operator_action where action = 'resolve-fraud-case'
  `;
  expect(resolved).toEqual([{ by, caseId: one?.id }]);
  expect((await operator.post(`${PATH}/${randomUUID()}/resolve`, { verdict: 'confirmed', reason: 'x' })).status).toBe(404);
});

test('what can’t be is answered with 422, another list’s cursor with 400, and who may not with 403', async () => {
  const { app, list, reader, operator } = await open();
  const [one] = (await list()).cases;
  for (const query of ['subject=user', 'status=won', 'minScore=-1', 'minScore=1001', 'minScore=x', 'limit=0', 'score=1']) {
    expect([query, (await reader.get(`${PATH}?${query}`)).status]).toEqual([query, 422]);
  }
  expect((await reader.get(`${PATH}?cursor=abc`)).status).toBe(400);
  expect((await reader.get(`${PATH}/1`)).status).toBe(404);
  const path = `${PATH}/${one?.id}/resolve`;
  for (const body of [{}, { verdict: 'open', reason: 'x' }, { verdict: 'confirmed' }, { verdict: 'confirmed', reason: ' ' }, { verdict: 'confirmed', reason: 'a\nb' }]) {
    expect([body, (await operator.post(path, body)).status]).toEqual([body, 422]);
  }
  expect((await reader.post(path, { verdict: 'confirmed', reason: 'x' })).status).toBe(403);
  const tenant = await signIn(app, { roles: ['tenant'] });
  expect((await tenant.get(PATH)).status).toBe(403);
});
