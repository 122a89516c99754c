import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Role } from '../../../src/api/http/roles.ts';
import { keyedHash } from '../../../src/platform/keyed-hash.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { countVisits } from '../../../src/store/listings/listing-visits.ts';
import { appConfig, appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { race } from '../../support/race.ts';
import { made, publishedListing } from '../../support/service.ts';

const MINUTE_MS = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS).toISOString();

/** A listing, and somebody who counts visits to it. */
async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, listingId, owner } = await publishedListing(app);
  const site = await signIn(app, { roles: ['frontend'] });
  const view = { listingId, kind: 'view', visitorId: 'visitor-1' };
  const count = async (...visits: readonly object[]) => json(await site.post('/analytics/visits', { visits }));
  const visits = () => sql<{ at: Date; follows: string }[]>`
    select at, follows::text from listing_visit order by follows
  `;
  return { sql, app, tenantId, listingId, owner, site, view, count, visits };
}

describe('a visit', () => {
  test('comes from one place, however its address is written', async () => {
    const { sql, view, count } = await open();
    const same = ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:CB00:7109'];
    const network = ['2001:db8::1', '2001:0DB8:0:0::2', '2001:db8:0:0:ffff:ffff:ffff:ffff'];
    for (const [nth, ip] of [...same, ...network, '203.0.113.8', '2001:db8:0:1::1'].entries())
      await count({ ...view, visitorId: `visitor-${nth}`, ip });
    const hashes = await sql`select count(*)::integer as visits from listing_visit group by ip_hash order by 1`;
    expect(hashes.map(({ visits }) => Number(visits))).toEqual([1, 1, 3, 3]);
  });

  test('is told of by its kind, and who it was and from where by keyed hashes only', async () => {
    const { sql, tenantId, listingId, view, count } = await open();
    const ip = '203.0.113.7';
    await count({ ...view, ip }, { ...view, kind: 'whatsapp-click', ip });
    const told = await eventsOf(sql, 'ListingViewed', 'WhatsAppClicked');
    expect(told.map(({ type }) => type).toSorted()).toEqual(['ListingViewed', 'WhatsAppClicked']);
    for (const { payload, ...event } of told) {
      const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
      expect(payload).toEqual({ listingId, tenantId, zone: 'roma-norte', visitorHash: hash, ipHash: hash });
      expect(event).toMatchObject({ tenantId, actorUserId: null });
    }
    const stored = JSON.stringify([
      await sql`select * from listing_visit`,
      await sql`select * from outbox_event`,
      await sql`select * from idempotency_key where route like '%visits'`,
    ]);
    expect(stored).not.toMatch(/visitor-1|203\.0\.113/);
  });

  test('of a visitor whose name is an address has two hashes that can’t be matched', async () => {
    const { sql, view, count } = await open();
    await count({ ...view, visitorId: '203.0.113.7', ip: '203.0.113.7' });
    const [visit] = await sql<{ same: boolean }[]>`select visitor_hash = ip_hash as same from listing_visit`;
    expect(visit?.same).toBe(false);
  });

  test('counts again half an hour after the last that counted, and a repeat does not put that off', async () => {
    const { view, count, visits } = await open();
    const at = (minutes: number) => ({ ...view, at: ago(minutes) });
    expect(await count(at(100))).toMatchObject({ counted: 1, repeated: 0 });
    expect(await count(at(71))).toMatchObject({ counted: 0, repeated: 1 });
    expect(await count(at(69))).toMatchObject({ counted: 1, repeated: 0 });
    expect(await count(at(41), at(38), at(30), at(1))).toMatchObject({ counted: 2, repeated: 2 });
    const times = (await visits()).map(({ at: when }) => Math.round((Date.now() - when.getTime()) / MINUTE_MS));
    expect(times).toEqual([100, 69, 38, 1]);
  });

  test('that comes in late, from before the last that counted, does not count', async () => {
    const { view, count } = await open();
    await count(view);
    expect(await count({ ...view, at: ago(600) })).toMatchObject({ counted: 0, repeated: 1 });
  });

  test('of another visitor, listing or kind is another one', async () => {
    const { app, view, count } = await open();
    const other = await publishedListing(app);
    const visits = [
      view, { ...view, visitorId: 'visitor-2' }, { ...view, listingId: other.listingId },
      { ...view, kind: 'whatsapp-click' },
    ];
    expect(await count(...visits, ...visits)).toEqual({ counted: 4, repeated: 4, unknown: [] });
  });

  test('to a listing that is not there or hidden is skipped by its place, and the others count', async () => {
    const { sql, app, view, count } = await open();
    const hidden = await publishedListing(app);
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const hide = { target: 'listing', targetId: hidden.listingId, action: 'hide', reason: 'Copia.' };
    await made(operator, '/backoffice/moderation', hide);
    const answer = await count({ ...view, listingId: randomUUID() }, view, { ...view, listingId: hidden.listingId });
    expect(answer).toEqual({ counted: 1, repeated: 0, unknown: [0, 2] });
    expect(await eventsOf(sql, 'ListingViewed')).toHaveLength(1);
  });

  test('in eight batches at once counts once', async () => {
    const { sql, app, listingId, view, visits } = await open();
    const sites = await Promise.all(Array.from({ length: 8 }, () => signIn(app, { roles: ['frontend'] })));
    const batch = Array.from({ length: 30 }, (_, visitor) => ({ ...view, visitorId: `visitor-${visitor % 10}` }));
    const visitorHash = keyedHash(appConfig.HASH_KEY, 'visitor', 'visitor-0');
    const first = { listingId, kind: 'view', visitorHash, ipHash: 'x', at: new Date() } as const;
    const hold = (tx: Tx) => countVisits(tx, [first]); // what the others have not seen when they read what counted
    const answers = await race(sql, { hold, racers: 8 }, () =>
      Promise.all(sites.map((site, index) =>
        site.post('/analytics/visits', { visits: index % 2 === 0 ? batch : batch.toReversed() }),
      )),
    );
    const counts = await Promise.all(answers.map(async (answer) => Number((await json(answer))['counted'])));
    expect(counts.reduce((sum, counted) => sum + counted, 0)).toBe(9);
    expect(await visits()).toHaveLength(10);
    expect(await eventsOf(sql, 'ListingViewed')).toHaveLength(9);
  });

  test.each([
    ['a day and a minute ago', () => ago(24 * 60 + 1)],
    ['two minutes ahead', () => ago(-2)],
    ['ten years ahead', () => ago(-10 * 366 * 24 * 60)],
    ['without a zone', () => ago(1).replace('Z', '')],
    ['of a day that never was', () => '2026-02-30T12:00:00Z'],
    ['infinity', () => 'infinity'],
  ])('%s is refused with its place, and its batch with it', async (_when, at) => {
    const { sql, site, view } = await open();
    const answer = await site.post('/analytics/visits', { visits: [view, { ...view, at: at() }] });
    expect([answer.status, await json(answer)]).toMatchObject([422, { errors: [{ pointer: '/visits/1/at' }] }]);
    expect(await sql`select from listing_visit`).toHaveLength(0);
  });

  test('is counted with 499 others in one request, and the request again changes nothing', async () => {
    const { sql, view, site } = await open();
    const visits = Array.from({ length: 500 }, (_, visitor) => ({ ...view, visitorId: `visitor-${visitor}` }));
    const key = randomUUID();
    for (let sent = 0; sent < 2; sent += 1) {
      const answer = await site.post('/analytics/visits', { visits }, key);
      expect(await json(answer)).toEqual({ counted: 500, repeated: 0, unknown: [] });
    }
    expect(await eventsOf(sql, 'ListingViewed')).toHaveLength(500);
    expect((await site.post('/analytics/visits', { visits: [...visits, view] })).status).toBe(422);
  });
});

describe('whoever is not the front end', () => {
  test.for<readonly Role[]>([['user'], ['tenant']])('(%s) counts for themselves, whatever visitors and addresses they name', async (roles) => {
    const { app, sql, view } = await open();
    const caller = await signIn(app, { roles, tenantId: randomUUID() });
    const forged = Array.from({ length: 40 }, (_, index) => ({ ...view, kind: 'whatsapp-click', visitorId: `v${index}`, ip: `203.0.113.${index}` }));
    expect(await json(await caller.post('/analytics/visits', { visits: forged }))).toEqual({ counted: 1, repeated: 39, unknown: [] });
    const hashes = await sql`select visitor_hash as visitor, ip_hash as ip from listing_visit`;
    const own = (purpose: string, text: string) => keyedHash(appConfig.HASH_KEY, purpose, text);
    expect(hashes).toEqual([{ visitor: own('visitor', caller.userId), ip: own('ip', 'unknown') }]);
  });

  test('needs no name, and the front end needs one', async () => {
    const { app, site, listingId } = await open();
    const visits = [{ listingId, kind: 'view' }];
    expect((await (await signIn(app)).post('/analytics/visits', { visits })).status).toBe(200);
    expect((await site.post('/analytics/visits', { visits })).status).toBe(422);
  });
});

test('a member’s visits to the own tenant’s listings do not count, from wherever they come', async () => {
  const { app, owner, view, count, visits } = await open();
  await made(await signIn(app, { userId: owner.userId }), '/analytics/visits', { visits: [view] });
  await count({ ...view, visitorId: owner.userId.toUpperCase() });
  expect(await visits()).toEqual([]);
  await count({ ...view, visitorId: randomUUID() });
  expect(await visits()).toHaveLength(1);
});
