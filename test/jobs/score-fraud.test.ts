import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import { registerJobs } from '../../src/kernel/jobs/job-runs.ts';
import { daysBefore, hoursBefore, night, openMarket } from '../support/fraud.ts';
import { runSlot } from '../support/jobs.ts';

const DAY_MS = 86_400_000;

async function open() {
  const market = await openMarket();
  return { ...market, score: (scheduledFor = night) => runSlot(market.sql, scoreFraud, { ports: {}, scheduledFor }) };
}

test('an ambassador who earns from a tenant of their own, or from one that pays with their card, is a case', async () => {
  const { tenant, attribute, pay, score, cases, suspected, scores } = await open();
  const own = await tenant();
  await attribute(own.id, own.owner);
  const [straw, shop] = [await tenant(), await tenant()];
  await attribute(straw.id, shop.owner);
  await pay(straw.id, 'card-1');
  await pay(shop.id, 'card-1');
  const [honest, brought] = [await tenant(), await tenant()];
  await attribute(brought.id, honest.owner);
  await pay(honest.id, 'card-2');
  await pay(brought.id, 'card-3');
  expect(await score()).toMatchObject({ outcome: 'caught-up' });
  expect((await cases()).map(({ subject, subjectId, score: points }) => [subject, subjectId, points]).toSorted()).toEqual([
    ['ambassador', own.owner, 600], ['ambassador', shop.owner, 500],
  ].toSorted());
  expect(await suspected()).toHaveLength(2);
  expect((await scores()).get(straw.id)?.components).toEqual({ shared_instrument: { value: 1, points: 300 } });
  expect((await scores()).has(honest.owner)).toBe(false);
});

test('clicks far beyond the zone’s normal are held against a listing’s tenant; a lively day is not', async () => {
  const { tenant, click, score, scores } = await open();
  const shops = [await tenant(), await tenant(), await tenant()] as const;
  for (const { listing } of shops) for (let days = 10; days < 20; days += 1) await click(listing, 2 + (days % 3), daysBefore(days));
  await click(shops[0].listing, 5, daysBefore(1.5));
  await click(shops[1].listing, 60, daysBefore(1.5));
  await score();
  // The median is 3, the MAD 1: 57 clicks above it are 38 deviations.
  expect(await scores()).toEqual(new Map([[shops[1].id, { score: 300, components: { click_velocity: { value: 38, points: 300 } } }]]));
});

test('the held charges of a listing’s forged day are struck out, and no others', async () => {
  const { sql, tenant, click, score } = await open();
  const shops = [await tenant(), await tenant(), await tenant()] as const;
  for (const { listing } of shops) for (let days = 10; days < 20; days += 1) await click(listing, 2 + (days % 3), daysBefore(days));
  await click(shops[0].listing, 5, daysBefore(0.5));
  await click(shops[1].listing, 60, daysBefore(0.5));
  const charge = async (shop: (typeof shops)[number], at: Date, held = '2026-06-11T12:00:00Z') => {
    const id = randomUUID();
    await sql`
      insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, listing_id, held_until)
      values (${id}, ${shop.id}, 'whatsapp-click', ${randomUUID()}, 450, 'MXN', ${at}, ${shop.listing}, ${held})
    `;
    return id;
  };
  const forged = await charge(shops[1], daysBefore(0.5));
  await charge(shops[0], daysBefore(0.5)); // a lively day
  await charge(shops[1], daysBefore(1.5)); // another day
  await charge(shops[1], daysBefore(0.5), '2026-06-10T08:00:00Z'); // held no longer
  await score();
  expect(await sql`select id, struck_reason as reason from performance_charge where struck_at is not null`).toEqual([
    { id: forged, reason: 'click velocity' },
  ]);
});

test('forty contested charges and clicks that cost the tenant are no evidence against it, before and after it is right', async () => {
  const { sql, tenant, click, dispute, score, scores, cases } = await open();
  const shops = [await tenant(), await tenant()] as const;
  for (const { listing } of shops) for (let days = 10; days < 20; days += 1) await click(listing, 2 + (days % 3), daysBefore(days));
  await click(shops[0].listing, 200, daysBefore(1.5), { charged: true });
  for (let count = 0; count < 40; count += 1) await dispute(shops[0].id);
  await score();
  expect(await scores()).toEqual(new Map());
  await sql`update dispute set status = 'lost', resolved_at = ${hoursBefore(1)}, resolved_by = ${randomUUID()}`;
  await sql`update performance_charge set struck_at = ${hoursBefore(1)}, struck_reason = 'click velocity' where listing_id is not null`;
  await score();
  expect(await scores()).toEqual(new Map());
  expect(await cases()).toEqual([]);
});

test('a zone that hardly anybody clicks in has no normal', async () => {
  const { tenant, click, score, scores } = await open();
  const { listing } = await tenant();
  await click(listing, 1, daysBefore(10));
  await click(listing, 60, daysBefore(1.5));
  await score();
  expect(await scores()).toEqual(new Map());
});

test('reviews of a tenant that new authors write within a day are a burst; those of authors of long standing are none', async () => {
  const { tenant, review, score, scores } = await open();
  const [bought, loved, old, calm] = [await tenant(), await tenant(), await tenant(), await tenant()];
  const fans = Array.from({ length: 8 }, () => randomUUID());
  for (const author of fans) await review({ tenantId: old.id, author, at: daysBefore(40) });
  for (const author of fans) await review({ tenantId: loved.id, author, at: daysBefore(2) });
  for (let count = 0; count < 6; count += 1) await review({ tenantId: bought.id, author: randomUUID(), at: hoursBefore(40 + count) });
  for (let count = 0; count < 6; count += 1) await review({ tenantId: calm.id, author: randomUUID(), at: hoursBefore(10 + count * 25) });
  await score();
  expect(await scores()).toEqual(new Map([[bought.id, { score: 300, components: { review_burst: { value: 6, points: 300 } } }]]));
});

test('who reviews tenants of their own, many in a day or one again and again, is held to it', async () => {
  const { tenant, review, score, scores } = await open();
  const [own, other] = [await tenant(), await tenant()];
  await review({ tenantId: own.id, author: own.owner, at: daysBefore(20) });
  const writer = randomUUID();
  for (let hours = 1; hours <= 5; hours += 1) await review({ tenantId: other.id, author: writer, at: hoursBefore(hours) });
  await score();
  expect((await scores()).get(own.owner)).toMatchObject({ score: 500, components: { own_reviews: { value: 1 } } });
  expect((await scores()).get(writer)).toEqual({
    score: 500, components: { review_burst: { value: 5, points: 200 }, repeated_reviews: { value: 4, points: 300 } },
  });
});

test('disputes that the tenant lost, and payments that failed, add up', async () => {
  const { tenant, dispute, pay, score, scores } = await open();
  const [bad, right] = [await tenant(), await tenant()];
  for (let count = 0; count < 4; count += 1) await dispute(bad.id, 'won');
  for (let count = 0; count < 4; count += 1) await dispute(right.id, count % 2 === 0 ? 'lost' : 'open');
  for (let count = 0; count < 5; count += 1) await pay(bad.id, null);
  await pay(bad.id, null, daysBefore(40));
  await score();
  expect(await scores()).toEqual(new Map([[bad.id, {
    score: 325, components: { disputes: { value: 4, points: 225 }, failed_payments: { value: 5, points: 100 } },
  }]]));
});

test('an address that keeps visiting two owners’ listings only adds; a carrier’s, with many devices behind it, adds nothing', async () => {
  const { tenant, visit, score, scores } = await open();
  const [one, other, far] = [await tenant(), await tenant(), await tenant()];
  for (const { listing } of [one, other]) await visit(listing, { device: 'd', address: 'home', visits: 10 });
  for (const { listing } of [other, far]) {
    for (let device = 0; device < 21; device += 1) await visit(listing, { device: `n${device}`, address: 'carrier', visits: 1 });
  }
  await score();
  expect([...(await scores())].map(([id, { score: points }]) => [id, points]).toSorted()).toEqual([[one.id, 100], [other.id, 100]].toSorted());
});

test('a slot that is run again, and by two at once, leaves the same rows and tells nobody again', async () => {
  const { tenant, attribute, score, written, suspected } = await open();
  for (let count = 0; count < 6; count += 1) {
    const { id, owner } = await tenant();
    await attribute(id, owner);
  }
  await score();
  const before = await written();
  await score();
  expect(await written()).toBe(before);
  await Promise.all([score(), score(), score(new Date(night.getTime() + DAY_MS))]);
  expect(await suspected()).toHaveLength(6);
});

test('who stays suspicious has one case; one that was dismissed is opened again only when it became much graver', async () => {
  const { sql, tenant, attribute, score, cases, suspected } = await open();
  const { id, owner } = await tenant();
  await attribute(id, owner);
  await score();
  await score(new Date(night.getTime() + DAY_MS));
  expect(await cases()).toEqual([{ subject: 'ambassador', subjectId: owner, score: 600, status: 'open' }]);
  await sql`update fraud_case set status = 'dismissed', resolved_at = now(), resolved_by = ${randomUUID()}, reason = 'x'`;
  await score(new Date(night.getTime() + 2 * DAY_MS));
  expect(await suspected()).toHaveLength(1);
  await attribute((await tenant(owner)).id, owner);
  await score(new Date(night.getTime() + 3 * DAY_MS));
  expect((await cases()).map(({ score: points, status }) => [points, status])).toEqual([[600, 'dismissed'], [900, 'open']]);
  expect(await suspected()).toHaveLength(2);
});

test('an open case takes the evidence of its gravest night', async () => {
  const { sql, tenant, attribute, score, cases, suspected } = await open();
  const { id, owner } = await tenant();
  await attribute(id, owner);
  await score();
  await attribute((await tenant(owner)).id, owner);
  await score(new Date(night.getTime() + DAY_MS));
  await sql`update attribution set ends_on = starts_on where tenant_id = ${id}`;
  await score(new Date(night.getTime() + 2 * DAY_MS));
  expect(await cases()).toEqual([{ subject: 'ambassador', subjectId: owner, score: 900, status: 'open' }]);
  expect(await suspected()).toHaveLength(1);
});

test('a run that is stopped between two pieces goes on where it was', async () => {
  const { sql, tenant, attribute, suspected } = await open();
  for (let count = 0; count < 20; count += 1) {
    const { id, owner } = await tenant();
    await attribute(id, owner);
  }
  await registerJobs(sql, [scoreFraud.name]);
  await sql`update job set planned_until = '2999-01-01'`;
  await sql`insert into job_run (job_name, scheduled_for) values (${scoreFraud.name}, ${night})`;
  const pieces: string[] = [];
  for (let runs = 0; runs < 100 && !pieces.includes('old scores'); runs += 1) {
    const stop = new AbortController();
    await runJob(scoreFraud, {
      sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()), worker: 'test',
      leaseMs: 30_000, stop: stop.signal,
      onProgress: (piece) => {
        pieces.push(piece);
        stop.abort();
      },
    });
  }
  expect(pieces).toHaveLength(16);
  expect(new Set(pieces).size).toBe(16);
  expect(await suspected()).toHaveLength(20);
});
