import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { disputeResolved } from '../../src/events/dispute-resolved.ts';
import { paymentCaptured } from '../../src/events/payment-captured.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { holdAccounts, insertCommissions } from '../../src/store/earnings/commissions.ts';
import { readEvents } from '../../src/outbox/read-events.ts';
import { calculateCommissions } from '../../src/workers/calculate-commissions.ts';
import { json } from '../support/app.ts';
import { openEarning } from '../support/earning.ts';
import { FOUNDERS_PLAN, lockWaits } from '../support/money.ts';
import { replayAll } from '../support/replayed.ts';
import { until } from '../support/until.ts';

type World = Awaited<ReturnType<typeof openEarning>>;

/** Commits the fact of a captured payment once more, as an event of its own. */
async function tellAgain({ sql, eventIds, commit }: World): Promise<void> {
  const [eventId = ''] = await eventIds('PaymentCaptured');
  const stored = (await readEvents(sql, [eventId])).get(eventId);
  if (stored === undefined) throw new Error('no such event');
  const { payload, tenantId, occurredAt } = paymentCaptured.read(stored);
  await commit(paymentCaptured({ payload, tenantId, occurredAt }));
}

const calculated = async ({ sql }: World) =>
  sql`
    select payload_json -> 'amount' ->> 'minor' as minor, causation_id from outbox_event
    where event_type = 'CommissionCalculated' order by id
  `;

test('a captured payment of an attributed tenant makes one commission and its event', async () => {
  const world = await openEarning();
  world.start();
  await world.attribute();
  await world.settle();
  await world.capture();
  await world.settle();
  expect(await world.ledger()).toEqual(['payment 4990']);
  const [cause] = await world.eventIds('PaymentCaptured');
  expect(await calculated(world)).toMatchObject([{ minor: '4990', causation_id: cause }]);
  const mine = await json(await world.ambassador.get('/ambassadors/me/commissions'));
  expect(mine).toMatchObject({
    commissions: [{ kind: 'payment', amount: { minor: 4_990, currency: 'MXN' }, payoutCycleId: null }],
    nextCursor: null,
  });
  expect(await json(await world.owner.get('/ambassadors/me/commissions'))).toMatchObject({ status: 403 });
});

test('a duplicated event does not duplicate a commission', async () => {
  const world = await openEarning();
  await world.attribute();
  await world.capture();
  await tellAgain(world); // the same fact under another id
  const deliveries = await world.eventIds('PaymentCaptured');
  expect(deliveries).toHaveLength(2);
  for (let copy = 0; copy < 500; copy += 1) await world.deliverAgain('calculate-commissions', deliveries);
  world.start();
  await world.settle();
  await world.queuesEmpty();
  expect(await world.ledger()).toEqual(['payment 4990']);
  expect(await calculated(world)).toHaveLength(1);
  expect(await world.deadLetters()).toEqual([]);
});

test('a replay of what was consumed changes nothing', async () => {
  const world = await openEarning();
  world.start();
  await world.attribute();
  await world.capture();
  await world.settle();
  await world.refund({ refundId: 'ref_1', amountMinor: 33_333 });
  await world.settle();
  const before = await world.ledger();
  expect(before).toHaveLength(2);
  expect(await replayAll(world.sql, calculateCommissions, world.ports)).toEqual([]);
  expect(await world.ledger()).toEqual(before);
});

describe('the sum is the same', () => {
  const expected = ['payment 10000', 'refund -3333', 'refund -3334'];
  const facts = [
    (world: World) => world.attribute(),
    (world: World) => world.capture({ amountMinor: 99_999 }),
    (world: World) => world.refund({ refundId: 'ref_1', amountMinor: 33_333 }),
    (world: World) => world.refund({ refundId: 'ref_2', amountMinor: 33_333 }),
  ] as const;

  test.for([
    ['as they were committed', false], ['the last first', true],
  ] as const)('when events arrive %s', async ([, isReversed]) => {
    const world = await openEarning();
    for (const become of facts) await become(world);
    const rows = await world.sql<{ id: string }[]>`
      select id from outbox_event
      where event_type in ('TenantAttributed', 'PaymentCaptured', 'PaymentRefunded') order by id
    `;
    const ids = rows.map(({ id }) => id);
    world.start();
    for (const id of isReversed ? ids.toReversed() : ids) {
      await world.deliverAgain('calculate-commissions', [id]);
      await world.queuesEmpty(); // one by one, each in a transaction of its own
    }
    await world.settle();
    expect(await world.ledger()).toEqual(expected);
  });

  test.for([
    ['first', [0, 1, 2, 3]], ['after the capture', [1, 0, 2, 3]], ['after a refund', [1, 2, 0, 3]], ['last', [1, 2, 3, 0]],
  ] as const)(
    'when each fact is heard of before the next happens, and the attribution comes %s',
    async ([, order]) => {
      const world = await openEarning();
      world.start();
      for (const index of order) {
        await facts[index](world);
        await world.settle();
      }
      expect(await world.ledger()).toEqual(expected);
    },
  );
});

test('two workers that come to one payment at the same time make its line once, and neither fails', async () => {
  const world = await openEarning();
  const { sql } = world;
  world.start();
  await world.attribute();
  await world.settle();
  await world.capture();
  await transaction(sql, async (tx) => {
    const [payment] = await tx<{ id: string }[]>`select id from payment`;
    const [account] = await holdAccounts(tx, [payment?.id ?? '']);
    if (!account?.attribution) throw new Error('nobody earns');
    const { paymentId, tenantId, amount, attribution: { id: attributionId, ambassadorUserId } } = account;
    const line = {
      id: randomUUID(), paymentId, kind: 'payment', tenantId, attributionId, ambassadorUserId, amount,
      earnedOn: '2026-03-01',
    };
    await insertCommissions(tx, [line]);
    await world.relayOnce();
    await until('the worker waits for us', async () => (await lockWaits(sql)) > 0);
  });
  await world.settle();
  expect(await world.ledger()).toEqual(['payment 49900']);
  expect(world.logged.filter((line) => line.includes('delivery failed'))).toEqual([]);
});

test('a full refund in parts leaves exactly nothing, and so does a lost dispute; a won one takes nothing', async () => {
  const world = await openEarning();
  await world.attribute();
  for (const paymentId of ['pay_1', 'pay_2', 'pay_3']) await world.capture({ paymentId, amountMinor: 10_005 });
  for (const [index, amountMinor] of [3_335, 3_335, 3_335].entries()) {
    await world.refund({ paymentId: 'pay_1', refundId: `ref_${index}`, amountMinor });
  }
  await world.refund({ paymentId: 'pay_2', refundId: 'ref_1', amountMinor: 5 });
  await world.dispute('pay_2', 'lost');
  await world.dispute('pay_3', 'won');
  world.start();
  await world.settle();
  const sums = await world.sql`
    select payment.provider_payment_id as payment, sum(commission.amount_minor)::integer as sum
    from commission join payment on payment.id = payment_id group by 1 order by 1
  `;
  expect(sums).toEqual([{ payment: 'pay_1', sum: 0 }, { payment: 'pay_2', sum: 0 }, { payment: 'pay_3', sum: 1_000 }]);
});

test('a tenant earns its ambassador from the payments of its days: midnight is where its business is', async () => {
  const world = await openEarning();
  await world.attribute({ startsOn: '2026-03-01', endsOn: '2026-03-31' }); // UTC−6
  const instants = ['2026-03-01T05:59:59Z', '2026-03-01T06:00:00Z', '2026-04-01T05:59:59Z', '2026-04-01T06:00:00Z'];
  for (const occurredAt of instants) await world.capture({ paymentId: `pay_${occurredAt}`, occurredAt });
  world.start();
  await world.settle();
  const earned = await world.sql`select earned_on::text from commission order by earned_on`;
  expect(earned).toEqual([{ earned_on: '2026-03-01' }, { earned_on: '2026-03-31' }]);
});

test('an attribution that comes after the payments of its days earns from them all the same, once', async () => {
  const world = await openEarning();
  await world.capture({ paymentId: 'pay_1' });
  await world.capture({ paymentId: 'pay_2', occurredAt: '2025-12-31T12:00:00Z' });
  await world.refund({ paymentId: 'pay_1', amountMinor: 24_950 });
  world.start();
  await world.settle();
  expect(await world.ledger()).toEqual([]);
  await world.attribute();
  await world.settle();
  expect((await world.ledger()).toSorted()).toEqual(['payment 4990', 'refund -2495']);
});

test('a payment earns by the terms in force on its day, and at most the cap', async () => {
  const world = await openEarning();
  await world.sql`
    insert into commission_plan (plan_id, starts_on, name, rate_basis_points, cap_minor, cap_currency)
    values (${FOUNDERS_PLAN}, '2026-03-01', 'founders', 500, 150000, 'MXN')
  `;
  await world.attribute({ planId: FOUNDERS_PLAN });
  const noon = (day: string) => ({ paymentId: `pay_${day}`, occurredAt: `${day}T18:00:00Z` });
  await world.capture({ ...noon('2026-02-27'), amountMinor: 100_000 });
  await world.capture({ ...noon('2026-02-28'), amountMinor: 1_000_000 });
  await world.capture({ ...noon('2026-03-01'), amountMinor: 100_000 });
  await world.capture({ ...noon('2026-03-02'), amountMinor: 100_000, currency: 'USD' });
  world.start();
  await world.settle();
  const earned = await world.sql`
    select earned_on::text as day, amount_minor::integer as minor from commission order by 1
  `;
  expect(earned).toEqual([
    { day: '2026-02-27', minor: 20_000 }, { day: '2026-02-28', minor: 150_000 }, { day: '2026-03-01', minor: 5_000 },
  ]);
});

test('what nobody earns from, and a dispute about a charge, make no line', async () => {
  const world = await openEarning();
  await world.capture();
  const facts = { tenantId: world.tenantId, occurredAt: new Date() };
  const amount = { minor: 1, currency: 'MXN' };
  await world.commit(disputeResolved({
    ...facts, payload: { disputeId: world.tenantId, tenantId: world.tenantId, chargeId: world.tenantId,
    paymentId: null, amount, outcome: 'lost' },
  }));
  world.start();
  await world.settle();
  expect(await world.ledger()).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
