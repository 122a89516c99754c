import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { json, signIn } from '../../support/app.ts';
import { openEarning } from '../../support/earning.ts';

const CLOSE = '/backoffice/payout-cycles/close';

/** An ambassador who earns a tenth of each payment, and a way to close months. */
async function open() {
  const world = await openEarning();
  await world.attribute();
  world.start();
  const { sql, operator, ambassador } = world;
  const march = {
    ambassadorUserId: ambassador.userId, periodStart: '2026-03-01', periodEnd: '2026-03-31', currency: 'MXN',
  };
  const april = { ...march, periodStart: '2026-04-01', periodEnd: '2026-04-30' };
  return {
    ...world, march, april,
    /** A payment on a day, with its commission. */
    async earn(day: string, amountMinor: number) {
      await world.capture({ paymentId: `pay_${day}`, occurredAt: `${day}T18:00:00Z`, amountMinor });
      await world.settle();
    },
    async close(body: object) {
      const answer = await operator.post(CLOSE, body);
      if (answer.status !== 200) throw new Error(`closing was answered ${answer.status}`);
      return json(answer);
    },
    cycles: () => sql`select * from payout_cycle order by period_end`,
    lines: () => sql`select * from payout_line order by commission_id`,
    closed: async () => (await world.eventIds('PayoutCycleClosed')).length,
  };
}

const linesOf = (page: Record<string, unknown>) =>
  page['commissions'] as readonly { readonly earnedOn: string; readonly payoutCycleId: string | null }[];
const mxn = (minor: number) => ({ minor, currency: 'MXN' });

test('a period is added up to the day, and its lines are frozen', async () => {
  const world = await open();
  await world.earn('2026-02-10', 100_000);
  await world.earn('2026-03-31', 200_000);
  await world.earn('2026-04-01', 400_000);
  expect(await world.close(world.march)).toMatchObject({
    ...{ periodStart: '2026-03-01', periodEnd: '2026-03-31', lines: 2 },
    linesTotal: mxn(30_000), carriedIn: mxn(0), payable: mxn(30_000), carriedOut: mxn(0),
  });
  expect(await world.lines()).toHaveLength(2);
  const commissions = linesOf(await json(await world.ambassador.get('/ambassadors/me/commissions')));
  expect(commissions.map(({ payoutCycleId }) => payoutCycleId === null)).toEqual([true, false, false]);
  const [event] = await world.sql`select payload_json from outbox_event where event_type = 'PayoutCycleClosed'`;
  expect(event?.['payload_json']).toMatchObject({
    ambassadorUserId: world.ambassador.userId, lines: 2, total: mxn(30_000), payable: mxn(30_000),
  });
});

test('closing again, and twice at once, changes nothing and gets the same answer', async () => {
  const world = await open();
  await world.earn('2026-03-10', 200_000);
  const answers = await Promise.all(Array.from({ length: 8 }, () => world.close(world.march)));
  const before = [await world.cycles(), await world.lines()];
  await world.earn('2026-03-11', 200_000); // comes late: it is the next cycle's
  answers.push(await world.close(world.march));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect([await world.cycles(), await world.lines()]).toEqual(before);
  expect(await world.closed()).toBe(1);
  expect(await world.close(world.april)).toMatchObject({ lines: 1, payable: mxn(20_000) });
  expect(await world.sql`
    select count(*)::integer as records from operator_action where action = 'close-payout-cycle'
  `).toEqual([{ records: 2 }]); // March and April
});

test('what was paid and then refunded is owed, and taken from the next cycle', async () => {
  const world = await open();
  await world.earn('2026-03-10', 500_000);
  await world.close(world.march);
  await world.refund({ paymentId: 'pay_2026-03-10', amountMinor: 500_000, occurredAt: '2026-04-02T18:00:00Z' });
  await world.settle();
  expect(await world.close(world.april)).toMatchObject({
    lines: 1, linesTotal: mxn(-50_000), payable: mxn(0), carriedOut: mxn(-50_000),
  });
  await world.earn('2026-05-05', 800_000);
  const may = { ...world.march, periodStart: '2026-05-01', periodEnd: '2026-05-31' };
  expect(await world.close(may)).toMatchObject({
    carriedIn: mxn(-50_000), linesTotal: mxn(80_000), payable: mxn(30_000), carriedOut: mxn(0),
  });
});

test('too little to pay is carried until it is enough', async () => {
  const world = await open();
  await world.earn('2026-03-10', 199_990);
  expect(await world.close(world.march)).toMatchObject({ payable: mxn(0), carriedOut: mxn(19_999) });
  await world.earn('2026-04-10', 10);
  expect(await world.close(world.april)).toMatchObject({
    carriedIn: mxn(19_999), linesTotal: mxn(1), payable: mxn(20_000),
  });
});

test('different periods at once are closed one after the other: what is carried is carried once', async () => {
  const world = await open();
  await world.earn('2026-03-10', 100_000);
  const answers = await Promise.all([world.march, world.april].map((period) => world.operator.post(CLOSE, period)));
  // April first, and March comes too late; or March first.
  const statuses = answers.map(({ status }) => status);
  expect(statuses[1]).toBe(200);
  expect([200, 409]).toContain(statuses[0]);
  expect(await world.lines()).toHaveLength(1);
  const [sum] = await world.sql`
    select (select carried_out_minor from payout_cycle order by period_end desc limit 1)::integer as carried,
           (select sum(lines_minor) from payout_cycle)::integer as lines
  `;
  expect(sum).toEqual({ carried: 10_000, lines: 10_000 });
});

test('cycles are closed in order: one that overlaps another, or lies before it, is refused', async () => {
  const world = await open();
  await world.close(world.april);
  for (const odd of [{}, { periodEnd: '2026-04-30' }, { periodStart: '2026-04-30', periodEnd: '2026-05-31' }]) {
    expect((await world.operator.post(CLOSE, { ...world.march, ...odd })).status).toBe(409);
  }
  expect(await world.close({ ...world.march, currency: 'EUR' })).toMatchObject({
    lines: 0, payable: { minor: 0, currency: 'EUR' },
  });
  expect(await world.closed()).toBe(2);
});

test('what can’t be is answered with 422, and who may not with 403', async () => {
  const world = await open();
  const wrong = [
    { ambassadorUserId: '1' }, { periodStart: '2026-02-30' }, { periodEnd: '2026-02-28' }, { periodEnd: 'infinity' },
    { periodEnd: '2199-01-01' }, { currency: 'DEM' }, { currency: { $ne: null } }, { payable: 1 },
    { periodStart: undefined },
  ];
  for (const odd of wrong) {
    expect([odd, (await world.operator.post(CLOSE, { ...world.march, ...odd })).status]).toEqual([odd, 422]);
  }
  const reader = await signIn(world.app, { roles: ['backoffice:read'] });
  for (const other of [world.owner, world.ambassador, reader]) {
    expect((await other.post(CLOSE, world.march)).status).toBe(403);
  }
  expect(await world.close({ ...world.march, ambassadorUserId: randomUUID() })).toMatchObject({ lines: 0 });
  expect(await world.cycles()).toHaveLength(1);
});

test('an ambassador’s commissions are listed page by page, and are nobody else’s to see', async () => {
  const world = await open();
  for (const day of ['2026-03-01', '2026-03-02', '2026-03-03']) await world.earn(day, 1_000);
  const first = await json(await world.ambassador.get('/ambassadors/me/commissions?limit=2'));
  const rest = `/ambassadors/me/commissions?limit=2&cursor=${String(first['nextCursor'])}`;
  const next = await json(await world.ambassador.get(rest));
  const days = [first, next].flatMap(linesOf).map(({ earnedOn }) => earnedOn);
  expect(days).toEqual(['2026-03-03', '2026-03-02', '2026-03-01']);
  expect(next['nextCursor']).toBeNull();
  const other = await signIn(world.app);
  expect(await json(await other.get('/ambassadors/me/commissions'))).toEqual({ commissions: [], nextCursor: null });
  expect((await other.get(`/ambassadors/me/commissions?cursor=${String(first['nextCursor'])}`)).status).toBe(400);
  for (const query of ['limit=0', 'limit=abc', 'userId=1']) {
    expect((await other.get(`/ambassadors/me/commissions?${query}`)).status).toBe(422);
  }
});
