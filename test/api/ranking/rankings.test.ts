import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { writeCursor } from '../../../src/api/http/cursor.ts';
import { appDeps, json, signIn, type Client } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { plant, rank, readPlaces, slotOf, type ListingPlan } from '../../support/ranking.ts';

interface Entry {
  readonly position: number;
  readonly listingId: string;
  readonly score: number;
}
interface Page {
  readonly asOf: string | null;
  readonly listings: readonly Entry[];
  readonly nextCursor: string | null;
}

/** A database and somebody who reads rankings. */
async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const reader = await signIn(app);
  return { sql, app, reader, page: async (path: string, as: Client = reader) => (await json(await as.get(path))) as unknown as Page };
}

const roma = (count: number, facts: Partial<ListingPlan> = {}): ListingPlan[] =>
  Array.from({ length: count }, (_, number) => ({
    zone: 'roma', category: number % 3 === 0 ? 'locks' : 'plumbing',
    visits: Array.from({ length: number }, () => ({ kind: 'view' as const, at: 60 })), ...facts,
  }));
const clicks = [{ kind: 'whatsapp-click' as const, at: 1 }];

test('before the first ranking there is none, and a zone that nobody works in is empty', async () => {
  const { sql, page } = await open();
  expect(await page('/rankings/roma')).toEqual({ zone: 'roma', asOf: null, listings: [], nextCursor: null });
  await rank(sql, slotOf(0));
  expect(await page('/rankings/roma')).toEqual({ zone: 'roma', asOf: slotOf(0).toISOString(), listings: [], nextCursor: null });
});

test('a zone is listed from its best listing on, page by page, also by category', async () => {
  const { sql, page } = await open();
  const [planted] = await plant(sql, slotOf(0), [{ listings: roma(10) }, { listings: [{ zone: 'condesa' }] }]);
  await rank(sql, slotOf(0));
  const read: Entry[] = [];
  for (let cursor = ''; ; ) {
    const { listings, nextCursor } = await page(`/rankings/roma?limit=3${cursor}`);
    read.push(...listings);
    if (nextCursor === null) break;
    cursor = `&cursor=${nextCursor}`;
  }
  expect(read.map(({ listingId }) => listingId)).toEqual(planted?.listingIds.toReversed());
  expect(read.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(read.map(({ score }) => score)).toEqual(read.map(({ score }) => score).toSorted((one, other) => other - one));
  const first = await page('/rankings/roma?category=locks&limit=2');
  expect(first.listings.map(({ position }) => position)).toEqual([1, 4]);
  const second = await page(`/rankings/roma?category=locks&limit=2&cursor=${first.nextCursor}`);
  expect([second.listings.map(({ position }) => position), second.nextCursor]).toEqual([[7, 10], null]);
});

test('what was hidden since the ranking is not shown', async () => {
  const { sql, page } = await open();
  const [planted] = await plant(sql, slotOf(0), [{ listings: roma(4) }]);
  await rank(sql, slotOf(0));
  await sql`update listing set status = 'hidden' where id = ${planted?.listingIds[2] ?? ''}`;
  const { listings, nextCursor } = await page('/rankings/roma?limit=2');
  expect(listings.map(({ position }) => position)).toEqual([1, 3]);
  expect((await page(`/rankings/roma?limit=2&cursor=${nextCursor}`)).listings.map(({ position }) => position)).toEqual([4]);
});

test('pages that follow are of the ranking of the first one, until it is gone', async () => {
  const { sql, reader, page } = await open();
  const [planted] = await plant(sql, slotOf(0), [{ listings: roma(4) }]);
  await rank(sql, slotOf(0));
  const first = await page('/rankings/roma?limit=2');
  await sql`update listing_visit set listing_id = ${planted?.listingIds[0] ?? ''}`;
  await rank(sql, slotOf(1));
  const second = await page(`/rankings/roma?limit=2&cursor=${first.nextCursor}`);
  expect(second.asOf).toBe(slotOf(0).toISOString());
  expect([...first.listings, ...second.listings].map(({ listingId }) => listingId)).toEqual(planted?.listingIds.toReversed());
  await rank(sql, slotOf(2));
  const gone = await reader.get(`/rankings/roma?limit=2&cursor=${first.nextCursor}`);
  expect([gone.status, await json(gone)]).toMatchObject([409, { code: 'list-replaced' }]);
});

test('a cursor is good for its zone and category only, and a ranking that is being made is nobody’s', async () => {
  const { sql, reader, page } = await open();
  await plant(sql, slotOf(0), [{ listings: roma(4) }]);
  await rank(sql, slotOf(0));
  await rank(sql, slotOf(1), { stopAfter: 'zones 8 of 8' });
  const { asOf, nextCursor } = await page('/rankings/roma?limit=2');
  expect(asOf).toBe(slotOf(0).toISOString());
  const status = async (path: string) => (await reader.get(path)).status;
  expect(await status(`/rankings/condesa?cursor=${nextCursor}`)).toBe(400);
  expect(await status(`/rankings/roma?category=locks&cursor=${nextCursor}`)).toBe(400);
  expect(await status('/rankings/roma?cursor=x')).toBe(400);
  const made = (...position: string[]) => writeCursor('ranking of roma, all', position);
  const time = slotOf(0).toISOString();
  for (const position of [['infinity', '1'], [time, '-1'], [time, '99999999999'], ['0000-01-01T00:00:00Z', '1'], [time]]) {
    expect(await status(`/rankings/roma?cursor=${made(...position)}`)).toBe(400);
  }
  expect(await status(`/rankings/roma?cursor=${made(slotOf(1).toISOString(), '0')}`)).toBe(409);
  expect(await status('/rankings/Roma')).toBe(404);
  expect(await status('/rankings/roma?limit=0')).toBe(422);
});

test('a tenant sees where each of its listings stands and why, page by page; so does the backoffice, and nobody else', async () => {
  const { sql, app, page } = await open();
  const reputation = { score: 4.5, reviews: 4, verifiedReviews: 1 };
  const [mine, other] = await plant(sql, slotOf(0), [
    { reputation, listings: [{ zone: 'roma', flags: [{ by: 'user', at: 9 }] }, { zone: 'condesa' }, { zone: 'roma', visits: clicks }] },
    { listings: roma(1) },
  ]);
  await rank(sql, slotOf(0));
  const tenantId = mine?.tenantId ?? '';
  const owner = await signIn(app, { roles: ['tenant'], tenantId });
  const path = `/tenants/${tenantId}/ranking`;
  const { listings } = await page(path, owner);
  const components = { reputation: 0.875, responseTime: 0.5, closedTickets: 0, verification: 0.625, demand: 0, penalty: 0 };
  const [flagged, elsewhere, clicked] = mine?.listingIds ?? [];
  expect(listings).toMatchObject([
    { listingId: elsewhere, zone: 'condesa', position: 1, outOf: 1, score: 425, components },
    { listingId: clicked, zone: 'roma', position: 1, outOf: 3, components: { ...components, demand: 0.2 } },
    { listingId: flagged, zone: 'roma', position: 2, outOf: 3, score: 403.75, components: { ...components, penalty: 0.05 } },
  ]);
  const first = await page(`${path}?limit=2`, owner);
  expect((await page(`${path}?limit=2&cursor=${first.nextCursor}`, owner)).listings).toEqual(listings.slice(2));
  const operator = await signIn(app, { roles: ['backoffice:read'] });
  expect((await page(path, operator)).listings).toEqual(listings);
  const stranger = await signIn(app, { roles: ['tenant'], tenantId: other?.tenantId ?? '' });
  expect((await stranger.get(path)).status).toBe(404);
  expect((await owner.get(`/tenants/${randomUUID()}/ranking`)).status).toBe(404);
  expect((await (await signIn(app)).get(path)).status).toBe(403);
});

test('whoever reads while rankings are swapped sees one of them, whole, every time', { timeout: 60_000 }, async () => {
  const { sql, reader, app } = await open();
  const [planted] = await plant(sql, slotOf(0), [{ listings: roma(30) }]);
  const tenantId = planted?.tenantId ?? '';
  const owner = await signIn(app, { roles: ['tenant'], tenantId });
  await rank(sql, slotOf(0));
  const made = new Map<string, string>();
  const record = async () => {
    for (const { generation, listingId } of await readPlaces(sql)) {
      const asOf = generation.toISOString();
      if (!made.get(asOf)?.includes(listingId)) made.set(asOf, `${made.get(asOf) ?? ''} ${listingId}`);
    }
  };
  await record();
  const seen: { readonly asOf: string | null; readonly order: string }[] = [];
  let swapping = true;
  const readInLoop = async (as: Client, path: string) => {
    while (swapping) {
      const answer = await as.get(path);
      expect(answer.status).toBe(200);
      const { asOf, listings } = (await answer.json()) as Page;
      seen.push({ asOf, order: listings.map(({ listingId }) => ` ${listingId}`).join('') });
    }
  };
  const readers = [readInLoop(reader, '/rankings/roma'), readInLoop(owner, `/tenants/${tenantId}/ranking`)];
  for (let swap = 1; swap <= 12; swap += 1) {
    await sql`
      update listing_visit set listing_id = ${planted?.listingIds[swap] ?? ''}
      where listing_id = (select listing_id from listing_visit group by 1 order by count(*) desc limit 1)
    `;
    await rank(sql, slotOf(swap));
    await record();
  }
  swapping = false;
  await Promise.all(readers);
  expect(seen.filter(({ asOf, order }) => made.get(asOf ?? '') !== order)).toEqual([]);
  expect(new Set(seen.map(({ asOf }) => asOf)).size).toBeGreaterThan(5);
  expect(new Set(made.values()).size).toBeGreaterThan(5);
});
