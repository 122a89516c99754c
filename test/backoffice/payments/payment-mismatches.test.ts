import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { json } from '../../support/app.ts';
import { openReconciling } from '../../support/reconciling.ts';

const PATH = '/backoffice/payment-mismatches';

/** A payment of 100 that a report has with 101. */
async function open() {
  const opened = await openReconciling();
  await opened.pay('a', 100);
  await opened.bring(['a 101']);
  await opened.reconcile();
  const [found] = await opened.listed();
  const id = found?.mismatchId ?? '';
  return { ...opened, id, resolve: (client = opened.operator, reason = 'The bank took one.') => client.post(`${PATH}/${id}/resolve`, { reason }) };
}

test('an operator resolves a mismatch with a reason, which is on record and told', async () => {
  const { sql, operator, reader, id, resolve, reconcile, mismatches, told } = await open();
  expect((await resolve(reader)).status).toBe(403);
  const { actionId } = await json(await resolve());
  expect(await mismatches()).toEqual(['amount-differs a 101/100 resolved by operator']);
  const actions = await sql`select action, request from operator_action where id = ${String(actionId)}`;
  expect(actions).toMatchObject([{ action: 'resolve-payment-mismatch', request: { mismatchId: id, reason: 'The bank took one.', theirsMinor: '101' } }]);
  const shown = await json(await reader.get(`${PATH}/${id}`));
  expect(shown).toMatchObject({ resolvedBy: 'operator', resolutionReason: 'The bank took one.', changes: [{ change: 'resolved', actionId }, { change: 'found', actionId: null }] });
  expect((await resolve()).status).toBe(409);
  for (const path of [`${PATH}/${randomUUID()}`, `${PATH}/x`]) {
    expect([(await reader.get(path)).status, (await operator.post(`${path}/resolve`, { reason: 'x' })).status]).toEqual([404, 404]);
  }
  await reconcile();
  expect(await told()).toEqual(['found amount-differs', 'resolved amount-differs']);
});

test('what an operator resolved stays so while its amounts are the same, and opens again with others', async () => {
  const { resolve, bring, reconcile, mismatches, told } = await open();
  await resolve();
  await bring(['a 101', 'b 1']);
  await reconcile();
  expect(await mismatches()).toEqual(['amount-differs a 101/100 resolved by operator', 'missing-here b 1/–']);
  await bring(['a 102']);
  await reconcile();
  expect(await mismatches()).toEqual(['amount-differs a 102/100', 'missing-here b 1/– resolved by facts']);
  expect((await told()).filter((one) => one.endsWith('amount-differs'))).toEqual(['found amount-differs', 'resolved amount-differs', 'found amount-differs']);
});

test('of operators who resolve a mismatch at once one does', async () => {
  const { sql, resolve } = await open();
  const answers = await Promise.all(Array.from({ length: 5 }, () => resolve()));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409]);
  expect(await sql`select from payment_mismatch_change where change = 'resolved'`).toHaveLength(1);
  expect(await sql`select from operator_action where action = 'resolve-payment-mismatch'`).toHaveLength(1);
});
