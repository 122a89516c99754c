import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { closePayoutCycles } from '../../../src/jobs/close-payout-cycles.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { executeVerdict } from '../../../src/store/fraud/verdicts.ts';
import { json, signIn, verifiedTenant } from '../../support/app.ts';
import { runSlot } from '../../support/jobs.ts';
import { lockWaits, STANDARD_PLAN } from '../../support/money.ts';
import { until } from '../../support/until.ts';
import { openJudging } from '../../support/verdicts.ts';

const march = { periodStart: '2026-03-01', periodEnd: '2026-03-31', currency: 'MXN' };
const april = { periodStart: '2026-04-01', periodEnd: '2026-04-30', currency: 'MXN' };

const today = () => new Intl.DateTimeFormat('sv', { timeZone: 'America/Mexico_City' }).format(new Date());

describe('a confirmed case of an ambassador', () => {
  test.for(['ambassador', 'ring'] as const)('takes back what no payout has, stops the attribution and holds payouts (%s)', async (subject) => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    await world.earn('2026-04-10', 400_000);
    const caseId = await world.suspect(subject);
    expect(await world.balance()).toBe(60_000);
    expect((await world.confirm(caseId)).status).toBe(200);
    expect(await world.balance()).toBe(0);
    expect(await world.ledger()).toEqual(['payment 20000', 'payment 40000', 'verdict -20000', 'verdict -40000']);
    expect(await world.endsOn()).toBe(today());
    expect(await world.eventIds('CommissionCalculated')).toHaveLength(4);
    await world.earn('2026-04-11');
    await world.capture({ paymentId: 'pay_today' });
    await world.settle();
    expect(await world.balance()).toBe(0);
    expect((await world.close(march)).status).toBe(409);
    expect((await world.settleCase(caseId)).status).toBe(200);
    expect(await json(await world.close(march))).toMatchObject({ lines: 2, payable: { minor: 0 }, carriedOut: { minor: 0 } });
  });

  test('leaves alone what was paid out, and takes refunds of it from what follows', async () => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    expect((await world.close(march)).status).toBe(200);
    await world.earn('2026-04-10', 400_000);
    const caseId = await world.suspect();
    await world.confirm(caseId);
    expect(await world.balance()).toBe(20_000);
    expect(await json(await world.reader.get(`/backoffice/fraud-cases/${caseId}`))).toMatchObject({
      status: 'confirmed',
      attributions: [{
        id: world.attributionId, tenantId: world.tenantId, ambassadorUserId: world.ambassador.userId, isStopped: true,
        paid: [{ minor: 20_000, currency: 'MXN' }],
      }],
    });
    await world.refund({ paymentId: 'pay_2026-03-10', amountMinor: 200_000, occurredAt: '2026-04-12T18:00:00Z' });
    await world.settle();
    expect(await world.balance()).toBe(0);
    await world.reverse(caseId);
    expect(await world.balance()).toBe(40_000);
  });

  test('takes back what a cycle carried because it was too little to pay', async () => {
    const world = await openJudging();
    await world.earn('2026-03-10', 150_000);
    expect(await json(await world.close(march))).toMatchObject({ payable: { minor: 0 }, carriedOut: { minor: 15_000 } });
    const caseId = await world.suspect();
    await world.confirm(caseId);
    expect(await world.balance()).toBe(0);
    await world.settleCase(caseId);
    expect(await json(await world.close(april))).toMatchObject({ carriedIn: { minor: 15_000 }, payable: { minor: 0 }, carriedOut: { minor: 0 } });
  });

  test('takes back what an earlier attribution of the same tenant earned, and leaves another tenant’s', async () => {
    const world = await openJudging({ startsOn: '2026-05-01' });
    const { sql, tenantId, ambassador, operator } = world;
    await sql`
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
      values (${randomUUID()}, ${tenantId}, ${ambassador.userId}, ${STANDARD_PLAN}, '2026-01-01', '2026-03-31', '2026-01-01')
    `;
    const brought = await verifiedTenant(world.app);
    const facts = { tenantId: brought.tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' };
    expect((await operator.post(`/backoffice/ambassadors/${ambassador.userId}/attributions`, facts)).status).toBe(201);
    for (const day of ['2026-03-10', '2026-05-10']) await world.earn(day);
    await sql`update commission set created_at = '2026-03-10' where earned_on = '2026-03-10'`;
    await world.capture({ paymentId: 'pay_other', tenantId: brought.tenantId, occurredAt: '2026-03-10T18:00:00Z', amountMinor: 70_000 });
    await world.settle();
    await world.confirm(await world.suspect());
    expect(await world.balance()).toBe(7_000);
  });

  test('holds for an attribution that was dated back and has ended, late payments of its days included', async () => {
    const world = await openJudging({ endsOn: '2026-03-31' });
    await world.earn('2026-03-10');
    await world.confirm(await world.suspect());
    await world.earn('2026-03-11');
    expect([await world.balance(), await world.endsOn()]).toEqual([0, '2026-03-31']);
  });

  test('lets another ambassador follow the day after', async () => {
    const world = await openJudging();
    await world.confirm(await world.suspect());
    const tomorrow = new Date(Date.parse(today()) + 86_400_000).toISOString().slice(0, 10);
    const successor = (startsOn: string) => world.operator.post(`/backoffice/ambassadors/${randomUUID()}/attributions`, {
      tenantId: world.tenantId, planId: STANDARD_PLAN, startsOn,
    });
    expect([(await successor(today())).status, (await successor(tomorrow)).status]).toEqual([409, 201]);
  });
});

describe('payouts', () => {
  test('are held while a case is open, with the reason, and the job passes over and carries', async () => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    const caseId = await world.suspect();
    const refused = await world.close(march);
    expect([refused.status, (await json(refused))['detail']]).toEqual([409, `The ambassador’s payouts are held: the fraud case ${caseId} is open.`]);
    const month = (slot: string) => runSlot(world.sql, closePayoutCycles, { ports: {}, scheduledFor: new Date(slot) });
    expect(await month('2026-04-01T10:00:00Z')).toMatchObject({ outcome: 'caught-up' });
    expect(await world.sql`select from payout_cycle`).toEqual([]);
    await world.dismiss(caseId);
    await month('2026-05-01T10:00:00Z');
    expect(await world.sql`select period_end::text, payable_minor from payout_cycle`).toEqual([{ period_end: '2026-04-30', payable_minor: '20000' }]);
  });

  test('that were closed before are answered all the same, and other ambassadors are paid', async () => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    await world.close(march);
    await world.suspect();
    expect((await world.close(march)).status).toBe(200);
    expect((await world.close(april)).status).toBe(409);
    const another = { ...april, ambassadorUserId: randomUUID() };
    expect((await world.operator.post('/backoffice/payout-cycles/close', another)).status).toBe(200);
  });
});

describe('a confirmed case that is reversed', () => {
  test('gives back what it took, once, and what was earned meanwhile', async () => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    const caseId = await world.suspect();
    await world.confirm(caseId);
    await world.earn('2026-03-12', 100_000);
    await world.refund({ paymentId: 'pay_2026-03-10', amountMinor: 100_000, occurredAt: '2026-03-20T18:00:00Z' });
    await world.settle();
    expect(await world.balance()).toBe(0);
    const answers = await Promise.all(Array.from({ length: 4 }, () => world.reverse(caseId)));
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await world.balance()).toBe(20_000); // 20,000 − 10,000 + 10,000
    expect(await world.endsOn()).toBeNull();
    for (const again of [world.reverse, world.confirm, world.settleCase]) expect((await again(caseId)).status).toBe(409);
    expect(await world.balance()).toBe(20_000);
    expect(await json(await world.close(march))).toMatchObject({ payable: { minor: 20_000 } });
    await world.earn('2026-04-13');
    expect(await world.balance()).toBe(40_000);
  });

  test.for([['ambassador', 'ring'], ['ring', 'ambassador']] as const)('stays taken while another case about it stands (%s first)', async ([first, second]) => {
    const world = await openJudging();
    await world.earn('2026-03-10');
    const cases = [await world.suspect(first), await world.suspect(second)] as const;
    for (const one of cases) await world.confirm(one);
    expect(await world.ledger()).toEqual(['payment 20000', 'verdict -20000']);
    await world.reverse(cases[0]);
    expect([await world.balance(), await world.endsOn()]).toEqual([0, today()]);
    await world.reverse(cases[1]);
    expect([await world.balance(), await world.endsOn()]).toEqual([20_000, null]);
  });

  test('ends before the successor that came meanwhile', async () => {
    const world = await openJudging();
    const caseId = await world.suspect();
    await world.confirm(caseId);
    await world.operator.post(`/backoffice/ambassadors/${randomUUID()}/attributions`, {
      tenantId: world.tenantId, planId: STANDARD_PLAN, startsOn: '2199-01-01',
    });
    expect((await world.reverse(caseId)).status).toBe(200);
    expect(await world.endsOn()).toBe('2198-12-31');
  });

  test('is not one that is open or dismissed', async () => {
    const world = await openJudging();
    const caseId = await world.suspect();
    for (const early of [world.reverse, world.settleCase]) expect((await early(caseId)).status).toBe(409);
    await world.dismiss(caseId);
    for (const late of [world.reverse, world.settleCase]) expect((await late(caseId)).status).toBe(409);
  });
});

test('confirming, settling and reversing wait for a second operator, and are nobody else’s', async () => {
  const world = await openJudging();
  const caseId = await world.suspect();
  const himself = await signIn(world.app, { userId: world.ambassador.userId, roles: ['backoffice:write'] });
  for (const act of [world.confirm, world.settleCase, world.reverse]) {
    for (const nobody of [world.reader, world.owner, world.ambassador, himself]) expect((await act(caseId, nobody)).status).toBe(403);
    expect((await act(caseId, world.other)).status).toBe(202);
    if (act !== world.reverse) expect((await act(caseId)).status).toBe(200);
  }
  const path = `/backoffice/fraud-cases/${caseId}/reverse`;
  for (const body of [{}, { reason: ' ' }, { reason: 'a\nb' }, { reason: 'x', verdict: 'confirmed' }]) {
    expect([body, (await world.operator.post(path, body)).status]).toEqual([body, 422]);
  }
  expect((await world.operator.post(`/backoffice/fraud-cases/${randomUUID()}/reverse`, { reason: 'x' })).status).toBe(404);
});

test('a commission that a worker adds during a verdict is taken back or not made', async () => {
  const world = await openJudging();
  const { sql, attributionId } = world;
  const caseId = await world.suspect();
  await world.capture({ paymentId: 'pay_1' });
  await transaction(sql, async (tx) => {
    await executeVerdict(tx, { caseId, now: new Date() });
    await world.relayOnce();
    await until('the worker waits for us', async () => (await lockWaits(sql)) > 0);
  });
  await world.settle();
  expect(await world.balance()).toBe(0);
  expect(await sql`select from attribution_stop where attribution_id = ${attributionId}`).toHaveLength(1);
});

test('the table refuses to take a line twice, another amount, or an amount of another payment', async () => {
  const world = await openJudging();
  const { sql } = world;
  await world.earn('2026-03-10');
  await world.earn('2026-03-11', 400_000);
  const caseId = await world.suspect();
  const [one, two] = await sql<{ id: string; payment: string }[]>`select id, payment_id as payment from commission order by amount_minor`;
  const take = (kind: string, { line = one?.id ?? '', payment = one?.payment ?? '', minor = -20_000 } = {}) => sql`
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on, reverses_id, case_id)
    select gen_random_uuid(), ${payment}, ${kind + line}, tenant_id, ambassador_user_id, attribution_id, ${minor}, currency, earned_on, ${line}, ${caseId}
    from commission where id = ${line}
  `;
  const refused = (constraint: string) => ({ constraint_name: constraint });
  await expect(take('verdict:', { minor: -19_999 })).rejects.toMatchObject(refused('commission_reverses'));
  await expect(take('verdict:', { payment: two?.payment ?? '' })).rejects.toMatchObject(refused('commission_reverses'));
  await expect(take('refund:')).rejects.toMatchObject(refused('commission_verdict_whole'));
  await take('verdict:');
  await expect(take('reversal:')).rejects.toMatchObject(refused('commission_reversed_once'));
});
