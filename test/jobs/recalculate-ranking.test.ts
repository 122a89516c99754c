import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRanking } from '../../dev/story/check-ranking.ts';
import { recalculateRanking } from '../../src/jobs/recalculate-ranking.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';
import { plant, rank, readPlaces, slotOf, type TenantPlan } from '../support/ranking.ts';

const slot = slotOf(0);
const DAY = 1_440;

/** Minutes before the slot: some after it, some at the very edges of what counts. */
const minutes = fc.oneof(
  fc.integer({ min: -3_000, max: 100 * DAY }),
  fc.integer({ min: 0, max: 3 * DAY }),
  fc.constantFrom(0, -1, 1, DAY, DAY - 1, 7 * DAY, 30 * DAY, 56 * DAY, 90 * DAY),
);
const mostly = <T, U>(usual: T, other: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const few = <T>(one: fc.Arbitrary<T>, maxLength = 4) => fc.array(one, { maxLength });
const reputation = fc.option(fc.tuple(fc.integer({ min: 1_000, max: 5_000 }), fc.nat(20), fc.nat(20)).map(
  ([score, verifiedReviews, others]) => ({ score: score / 1_000, verifiedReviews, reviews: verifiedReviews + others }),
));
const tenantPlan = fc.record({
  verified: mostly(400_000, fc.constantFrom(null, 0, -1)),
  reputation,
  leads: few(fc.record({ created: minutes, waitedSeconds: fc.option(fc.integer({ min: -60, max: 500_000 })), by: fc.nat(3) }), 7),
  members: fc.uniqueArray(fc.record({ by: fc.nat(3), joined: minutes, removed: fc.option(minutes) }), { selector: ({ by }) => by, maxLength: 2 }),
  tickets: few(fc.record({ outcome: fc.constantFrom('completed' as const, 'declined' as const), closed: minutes }), 8),
  disputes: few(fc.record({ opened: minutes, resolved: minutes, status: fc.constantFrom('open', 'won', 'lost') })),
  listings: few(fc.record({
    zone: fc.constantFrom('roma', 'condesa', 'centro'),
    status: mostly('visible' as const, fc.constantFrom('hidden', 'banned')),
    published: mostly(300_000, fc.constantFrom(0, -1)),
    visits: few(fc.oneof(
      fc.record({ kind: fc.constantFrom('view' as const, 'whatsapp-click' as const), at: minutes }),
      fc.record({ kind: fc.constant('whatsapp-click' as const), at: minutes, struck: minutes }),
    ), 8),
    flags: few(fc.record({ by: fc.constantFrom('user', 'operator'), at: minutes }), 8),
  }), 6),
});

async function forget(sql: Sql): Promise<void> {
  for (const frozen of ['invoice', 'invoice_line', 'ledger_entry']) await sql.unsafe(`alter table ${frozen} disable trigger user`);
  await sql`truncate tenant, listing_visit, ranking_generation cascade`;
  const generations = await sql<{ name: string }[]>`
    select relid::regclass::text as name from pg_partition_tree('ranking') where level > 0
  `;
  for (const { name } of generations) await sql`drop table ${sql(name)}`;
}

test('the ranking that SQL makes is the rule’s, on whatever facts', { timeout: 120_000 }, async () => {
  const { sql } = await createDatabase();
  let ranked = 0;
  await fc.assert(fc.asyncProperty(fc.array(tenantPlan, { minLength: 1, maxLength: 4 }), async (tenants) => {
    await forget(sql);
    await plant(sql, slot, tenants);
    expect(await runSlot(sql, recalculateRanking, { ports: {}, scheduledFor: slot })).toMatchObject({ outcome: 'caught-up' });
    const [positions, scores] = await checkRanking(sql);
    expect([positions?.differences, scores?.differences]).toEqual([0, 0]);
    ranked += positions?.compared ?? 0;
  }), { numRuns: 25 });
  expect(ranked).toBeGreaterThan(50);
});

test('the check of the ranking sees a wrong position, a wrong score, one place too few and one too many', async () => {
  const { sql } = await createDatabase();
  await plant(sql, slot, [{ listings: [{ zone: 'roma' }, { zone: 'roma', flags: [{ by: 'user', at: 5 }] }, { zone: 'roma' }] }]);
  await rank(sql, slot);
  const differences = async () => (await checkRanking(sql)).map(({ differences: found }) => found);
  expect(await differences()).toEqual([0, 0]);
  await sql`update ranking set score = score + 1 where position = 1`;
  expect(await differences()).toEqual([0, 1]);
  await sql`update ranking set score = score - 1, position = 9 where position = 1`;
  expect(await differences()).toEqual([1, 0]);
  await sql`delete from ranking where position = 9`;
  expect(await differences()).toEqual([1, 1]);
  await sql`update ranking set zone = 'centro'`;
  expect(await differences()).toEqual([3, 1]);
});

/** Three tenants in two zones, of which the best is the last planted. */
const three: readonly TenantPlan[] = [1, 3, 5].map((score) => ({
  reputation: { score, reviews: 9, verifiedReviews: 3 }, listings: [{ zone: 'roma' }, { zone: 'condesa' }],
}));

const standing = { listings: [{ zone: 'roma' }] };
const contested = (status: 'open' | 'won' | 'lost') =>
  ({ ...standing, disputes: Array.from({ length: 40 }, () => ({ opened: 3_000, resolved: 60, status })) });

test.for<[string, TenantPlan, TenantPlan, boolean]>([
  ['forty contested charges cost nothing before anybody decided', contested('open'), standing, true],
  ['forty charges that the tenant contested rightly cost nothing', contested('lost'), standing, true],
  ['forty charges that the tenant contested wrongly cost rank', contested('won'), standing, false],
  ['three hundred leads of one person count like one',
    { ...standing, leads: [...Array.from({ length: 300 }, () => ({ created: 3_000, waitedSeconds: null, by: 1 })), { created: 4_000, waitedSeconds: 60, by: 2 }] },
    { ...standing, leads: [{ created: 3_000, waitedSeconds: null, by: 1 }, { created: 4_000, waitedSeconds: 60, by: 2 }] }, true],
  ['of one person’s leads the first counts', { ...standing, leads: [{ created: 4_000, waitedSeconds: 60, by: 1 }, { created: 3_000, waitedSeconds: null, by: 1 }] },
    { ...standing, leads: [{ created: 4_000, waitedSeconds: 60 }] }, true],
  ['leads of as many people count', { ...standing, leads: Array.from({ length: 3 }, () => ({ created: 3_000, waitedSeconds: null })) },
    { ...standing, leads: [{ created: 4_000, waitedSeconds: 60 }] }, false],
  ['a member’s leads do not count', { ...standing, members: [{ by: 1, joined: 9_000 }], leads: [{ created: 4_000, waitedSeconds: 0, by: 1 }] }, standing, true],
  ['nor do those of one who was removed since', { ...standing, members: [{ by: 1, joined: 9_000, removed: 10 }], leads: [{ created: 4_000, waitedSeconds: 0, by: 1 }] }, standing, true],
  ['a lead of one who joined later counts', { ...standing, members: [{ by: 1, joined: 10 }], leads: [{ created: 4_000, waitedSeconds: 0, by: 1 }] }, standing, false],
  ['clicks that were struck out are worth nothing', { listings: [{ zone: 'roma', visits: Array.from({ length: 60 }, (_, nth) => ({ kind: 'whatsapp-click', at: 600 + nth, struck: 60 } as const)) }] }, standing, true],
])('%s', async ([, plan, other, isEqual]) => {
  const { sql } = await createDatabase();
  await plant(sql, slot, [plan, other]);
  await rank(sql, slot);
  const [one, two] = (await readPlaces(sql)).map(({ score }) => score);
  expect(one === two).toBe(isEqual);
  expect((await checkRanking(sql)).map(({ differences }) => differences)).toEqual([0, 0]);
});

test('equal scores stand in the order in which their listings came', async () => {
  const { sql } = await createDatabase();
  const equal = { listings: [{ zone: 'roma' }, { zone: 'roma' }] };
  const [first, second] = await plant(sql, slot, [equal, equal]);
  await rank(sql, slot);
  const order = (await readPlaces(sql)).map(({ listingId }) => listingId);
  expect(order).toEqual([...(first?.listingIds ?? []), ...(second?.listingIds ?? [])].toSorted());
});

test('a slot that runs again, and again at once, leaves every row as it was, whatever happened since', async () => {
  const { sql } = await createDatabase();
  await plant(sql, slot, three);
  const run = () => runSlot(sql, recalculateRanking, { ports: {}, scheduledFor: slot });
  await run();
  const places = await readPlaces(sql);
  expect(places.map(({ position }) => position)).toEqual([1, 2, 3, 1, 2, 3]);
  await plant(sql, slot, three);
  await run();
  await Promise.all([run(), run()]);
  expect(await readPlaces(sql)).toEqual(places);
});

test('two that begin a slot at once make one ranking', async () => {
  const { sql } = await createDatabase();
  await plant(sql, slot, three);
  await Promise.all([rank(sql, slot), rank(sql, slot)]);
  expect(await readPlaces(sql)).toHaveLength(6);
  expect((await checkRanking(sql)).map(({ differences }) => differences)).toEqual([0, 0]);
});

const pieces = ['scores', 'zones 1 of 8', 'zones 5 of 8', 'zones 8 of 8'];

test.for(pieces)('a run that stops after «%s» leaves the ranking before it, and is completed as it began', async (stopAfter) => {
  const { sql } = await createDatabase();
  const [worst] = await plant(sql, slot, three);
  await rank(sql, slot);
  const before = await readPlaces(sql);
  await sql`update tenant_reputation set score = 5 where tenant_id = ${worst?.tenantId ?? ''}`;
  await rank(sql, slotOf(1), { stopAfter });
  expect(await readPlaces(sql)).toEqual(before);
  // Whoever moves meanwhile is neither lost nor in two zones.
  await sql`update branch set zone = 'centro' where zone = 'condesa'`;
  await sql`update tenant_reputation set score = 1`;
  await rank(sql, slotOf(1));
  const after = (await readPlaces(sql)).filter(({ generation }) => generation > slot);
  expect(after.map(({ zone }) => zone)).toEqual(['condesa', 'condesa', 'condesa', 'roma', 'roma', 'roma']);
  expect(new Set(after.map(({ listingId }) => listingId)).size).toBe(6);
  const points = after.filter(({ zone }) => zone === 'roma').map(({ score }) => score);
  expect(points[0]).toBe(points[1]); // both of five stars, as it was when the run began
  expect(points[1]).toBeGreaterThan(points[2] ?? Infinity);
});

test('two rankings are kept, and nothing is left of one that was given up', async () => {
  const { sql } = await createDatabase();
  await plant(sql, slot, three);
  for (const number of [0, 1, 2]) await rank(sql, slotOf(number));
  await rank(sql, slotOf(3), { stopAfter: 'zones 2 of 8' });
  await sql`update job_run set outcome = 'skipped' where scheduled_for = ${slotOf(3)}`;
  await rank(sql, slotOf(4));
  const kept = await sql<{ generation: Date }[]>`select generation from ranking_generation order by generation`;
  expect(kept.map(({ generation }) => generation)).toEqual([slotOf(2), slotOf(4)]);
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relname ~ '^ranking_[0-9]+' and relkind = 'r' order by 1
  `;
  expect(tables.map(({ name }) => name)).toEqual([slotOf(2), slotOf(4)].map((time) => `ranking_${time.getTime()}`));
});

test('a slot of before the current ranking makes none', async () => {
  const { sql } = await createDatabase();
  await plant(sql, slot, three);
  await rank(sql, slotOf(2));
  await rank(sql, slotOf(1));
  const generations = (await readPlaces(sql)).map(({ generation }) => generation.getTime());
  expect(new Set(generations)).toEqual(new Set([slotOf(2).getTime()]));
});

test('a marketplace without listings has a ranking of nothing', async () => {
  const { sql } = await createDatabase();
  await rank(sql, slot);
  expect(await readPlaces(sql)).toEqual([]);
  expect(await sql`select from ranking_generation where completed_at is not null`).toHaveLength(1);
});
