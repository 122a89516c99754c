import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import { registerJobs } from '../../src/kernel/jobs/job-runs.ts';
import { daysBefore, night, openMarket } from '../support/fraud.ts';
import { runSlot } from '../support/jobs.ts';

const DAY_MS = 86_400_000;
const PHONE = '+525512345678';

async function open() {
  const market = await openMarket();
  const { sql, tenant, pay, phone } = market;
  return {
    ...market,
    detect: (scheduledFor = night) => runSlot(sql, detectFraudPatterns, { ports: {}, scheduledFor }),
    /** Tenants of as many owners that pay with one card. */
    async paying(count: number, card: string) {
      const shops = await Promise.all(Array.from({ length: count }, () => tenant()));
      for (const { id } of shops) await pay(id, card);
      return shops;
    },
    /** Tenants of as many owners who gave one phone. */
    async calling(count: number, number: string) {
      const shops = await Promise.all(Array.from({ length: count }, () => tenant()));
      for (const { owner } of shops) await phone(owner, number);
      return shops;
    },
    evidence: async () => (await sql<{ evidence: unknown }[]>`select evidence from fraud_case order by opened_at`).map(({ evidence }) => evidence),
  };
}

test('an owner, an ambassador and a reviewer joined by a chain of a card and a phone are one ring', async () => {
  const { tenant, pay, phone, attribute, review, detect, cases, evidence, suspected } = await open();
  const [shop, cover, other] = [await tenant(), await tenant(), await tenant()];
  const author = randomUUID();
  await pay(shop.id, 'card');
  await pay(cover.id, 'card');
  await attribute(other.id, cover.owner);
  await phone(cover.owner, PHONE);
  await phone(author, PHONE);
  await review({ tenantId: other.id, author, at: daysBefore(50) });
  await detect();
  expect(await cases()).toMatchObject([{ subject: 'ring', status: 'open', score: 500 + 40 + 75 }]);
  expect(await evidence()).toEqual([{
    users: 3, isSelfDealing: false, links: { instrument: 1, phone: 1 },
    members: [
      { subject: 'ambassador', id: cover.owner }, { subject: 'reviewer', id: author },
      ...[shop.id, cover.id].toSorted().map((id) => ({ subject: 'tenant', id })),
    ],
  }]);
  expect(await suspected()).toHaveLength(1);
});

test('two who share a card are no ring, unless one earns from the other’s tenant; nor is an owner of many tenants', async () => {
  const { paying, attribute, tenant, pay, detect, evidence } = await open();
  await paying(2, 'partners');
  const [straw, shop] = await paying(2, 'straw');
  await attribute(straw?.id ?? '', shop?.owner ?? '');
  const chain = await tenant();
  for (const { id } of [chain, await tenant(chain.owner), await tenant(chain.owner)]) await pay(id, 'chain');
  await detect();
  expect(await evidence()).toMatchObject([{ users: 2, isSelfDealing: true, links: { instrument: 1 } }]);
});

test('who earns from a tenant of their own is a ring by themselves', async () => {
  const { tenant, attribute, detect, evidence } = await open();
  const { id, owner } = await tenant();
  await attribute(id, owner);
  await detect();
  expect(await evidence()).toEqual([
    { users: 1, isSelfDealing: true, links: {}, members: [{ subject: 'ambassador', id: owner }, { subject: 'tenant', id }] },
  ]);
});

test('a bookkeeper’s card for three clients makes no ring, not even of a couple among them; nor does her own address', async () => {
  const { paying, phone, visit, detect, cases, sql } = await open();
  const clients = await paying(3, 'bookkeeper');
  for (const { owner } of clients.slice(0, 2)) await phone(owner, PHONE);
  for (const { listing } of clients) await visit(listing, { device: 'office', address: 'office', visits: 12 });
  await detect();
  await runSlot(sql, scoreFraud, { ports: {}, scheduledFor: night });
  expect(await cases()).toEqual([]);
});

test('a card adds to another link: three by a card and phones are a ring, and so are a client who earns from another', async () => {
  const { paying, calling, pay, attribute, detect, evidence } = await open();
  const shops = await calling(3, PHONE);
  for (const { id } of shops) await pay(id, 'card');
  const [one, other] = await paying(3, 'bookkeeper');
  await attribute(one?.id ?? '', other?.owner ?? '');
  await detect();
  const found = (await evidence()) as { readonly users: number }[];
  expect(found.toSorted((a, b) => a.users - b.users)).toMatchObject([
    { users: 2, isSelfDealing: true, links: { instrument: 1 } }, { users: 3, isSelfDealing: false, links: { instrument: 3, phone: 3 } },
  ]);
});

test('who earned from a tenant that they work for is a ring with its owner, also when the attribution has ended', async () => {
  const { tenant, member, attribute, earn, detect, evidence } = await open();
  const [shop, colleague] = [await tenant(), randomUUID()];
  await member(shop.id, colleague);
  await earn(await attribute(shop.id, colleague, { endsOn: '2026-02-28' }), daysBefore(1));
  await detect();
  expect(await evidence()).toEqual([{
    users: 2, isSelfDealing: true, links: {},
    members: [{ subject: 'ambassador', id: colleague }, { subject: 'tenant', id: shop.id }],
  }]);
});

test('what very many share links nobody: a card of an agency, a switchboard’s phone, a carrier’s addresses', async () => {
  const { paying, phone, visit, detect, cases } = await open();
  const clients = await paying(21, 'agency');
  for (const { owner } of clients) await phone(owner, PHONE);
  for (const { listing } of clients.slice(0, 3)) {
    for (let device = 0; device < 42; device += 1) {
      await visit(listing, { device: `${listing} ${device}`, address: `carrier ${device % 2}`, visits: 1 });
    }
  }
  await detect();
  expect(await cases()).toEqual([]);
});

test('a device and its address that keep coming are one weak link; two addresses are enough', async () => {
  const { tenant, visit, detect, cases } = await open();
  const [one, other, third] = [await tenant(), await tenant(), await tenant()];
  for (const { listing } of [one, other, third]) await visit(listing, { device: 'phone', address: 'home', visits: 10 });
  await detect();
  expect(await cases()).toEqual([]);
  for (const { listing } of [one, other, third]) await visit(listing, { device: 'laptop', address: 'shop', visits: 10 });
  await detect();
  expect(await cases()).toHaveLength(1);
});

test('a chain of a thousand is one ring, whatever the order of its ids', { timeout: 60_000 }, async () => {
  const { sql, phone, detect, evidence } = await open();
  await sql`
    with owner as (select n, gen_random_uuid() as id from generate_series(0, 1000) as n),
    opened as (
      insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
      select id, id, 'x', 'MX', 'MXN', 'America/Mexico_City', ${daysBefore(90)} from owner
    )
    insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, instrument_hash, captured_at, created_at)
    select gen_random_uuid(), 'p', n || ' ' || card, id, 1, 'MXN', 'captured', card, ${daysBefore(2)}, ${daysBefore(2)}
    from owner, lateral (values ('card ' || n), ('card ' || n + 1)) as held (card)
  `;
  await detect();
  expect(await evidence()).toEqual([]); // nothing but cards
  const ends = await sql<{ id: string }[]>`select tenant_id as id from payment where provider_payment_id in ('0 card 0', '1000 card 1000')`;
  for (const { id } of ends) await phone(id, PHONE);
  await detect();
  expect(await evidence()).toMatchObject([{ users: 1_001, links: { instrument: 1_000, phone: 1 } }]);
});

test('a slot that is run again, and by two at once, leaves the same rows and tells nobody again', async () => {
  const { calling, detect, written, suspected } = await open();
  for (const number of ['+525500000001', '+525500000002', '+525500000003']) await calling(3, number);
  await detect();
  const before = await written();
  await detect();
  expect(await written()).toBe(before);
  await Promise.all([detect(), detect(), detect(new Date(night.getTime() + DAY_MS))]);
  expect(await suspected()).toHaveLength(3);
});

test('a ring that grows is known again; one that was dismissed is opened again only when it became much graver', async () => {
  const { sql, calling, tenant, phone, detect, cases, suspected } = await open();
  await calling(3, PHONE);
  const nights = (count: number) => new Date(night.getTime() + count * DAY_MS);
  const grow = async () => phone((await tenant()).owner, PHONE);
  await detect();
  await grow();
  await detect(nights(1));
  expect((await cases()).map(({ score }) => score)).toEqual([580]);
  await sql`update fraud_case set status = 'dismissed', resolved_at = now(), resolved_by = ${randomUUID()}, reason = 'x'`;
  for (let count = 0; count < 3; count += 1) await grow();
  await detect(nights(2));
  expect(await suspected()).toHaveLength(1);
  await grow();
  await detect(nights(3));
  const [first, again] = await cases();
  expect([first?.status, again?.status, again?.score]).toEqual(['dismissed', 'open', 740]);
  expect(again?.subjectId).toBe(first?.subjectId);
  expect(await suspected()).toHaveLength(2);
});

test('neither cases nor events nor what the nights keep hold personal data or what was shared', async () => {
  const { sql, paying, phone, visit, attribute, review, detect, written } = await open();
  const shops = await paying(3, 'card-4242');
  for (const { owner, listing } of shops) {
    await phone(owner, PHONE);
    await visit(listing, { device: 'device-99', address: 'address-77', visits: 12 });
    await visit(listing, { device: 'device-98', address: 'address-76', visits: 12 });
  }
  await attribute(shops[0]?.id ?? '', shops[0]?.owner ?? '');
  await review({ tenantId: shops[0]?.id ?? '', author: shops[0]?.owner ?? '', at: daysBefore(3) });
  await detect();
  await runSlot(sql, scoreFraud, { ports: {}, scheduledFor: night });
  const text = await written();
  for (const kind of ['instrument', 'phone', 'ip', 'visitor', 'self_referral', 'own_reviews', 'FraudSuspected']) expect(text).toContain(kind);
  const hashes = await sql<{ hash: string }[]>`select encode(sha256(convert_to(${PHONE}::text, 'UTF8')), 'hex') as hash`;
  for (const secret of [PHONE, PHONE.slice(1), hashes[0]?.hash ?? PHONE, 'card-4242', 'device-9', 'address-7', 'Rosa', 'quintana', 'Taller', 'Calle']) {
    expect(text).not.toContain(secret);
  }
});

test('a run that is stopped between two pieces goes on where it was', async () => {
  const { sql, calling, suspected } = await open();
  await calling(3, PHONE);
  await registerJobs(sql, [detectFraudPatterns.name]);
  await sql`update job set planned_until = '2999-01-01'`;
  await sql`insert into job_run (job_name, scheduled_for) values (${detectFraudPatterns.name}, ${night})`;
  const pieces: string[] = [];
  for (let runs = 0; runs < 20 && !pieces.includes('rings'); runs += 1) {
    const stop = new AbortController();
    await runJob(detectFraudPatterns, {
      sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()), worker: 'test',
      leaseMs: 30_000, stop: stop.signal,
      onProgress: (piece) => {
        pieces.push(piece);
        stop.abort();
      },
    });
  }
  expect(pieces).toEqual(['links by instrument', 'links by phone', 'links by ip', 'links by visitor', 'rings']);
  expect(await suspected()).toHaveLength(1);
});
