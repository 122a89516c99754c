import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { daysBefore, night, openMarket } from '../support/fraud.ts';
import { runSlot } from '../support/jobs.ts';

async function open() {
  const market = await openMarket();
  return { ...market, score: () => runSlot(market.sql, scoreFraud, { ports: {}, scheduledFor: night }) };
}

const past = { startsOn: '2026-02-01', endsOn: '2026-02-28' };
type Market = Awaited<ReturnType<typeof open>>;
type Shop = Awaited<ReturnType<Market['tenant']>>;

test.for<[string, (market: Market, shop: Shop) => Promise<string>, number]>([
  ['an attribution of their own that was dated back yesterday and has ended', async ({ attribute }, { id, owner }) => {
    await attribute(id, owner, { ...past, createdAt: daysBefore(1) });
    return owner;
  }, 600],
  ['one that ended long ago and earned this week', async ({ attribute, earn }, { id, owner }) => {
    await earn(await attribute(id, owner, past), daysBefore(2));
    return owner;
  }, 600],
  ['one that ended two weeks ago', async ({ attribute }, { id, owner }) => {
    await attribute(id, owner, { ...past, endsOn: '2026-05-27' });
    return owner;
  }, 600],
  ['one that ended, and earned, long ago', async ({ attribute, earn }, { id, owner }) => {
    await earn(await attribute(id, owner, past), daysBefore(60));
    return owner;
  }, 0],
  ['one that begins tomorrow', async ({ attribute }, { id, owner }) => {
    await attribute(id, owner, { startsOn: '2026-06-10', createdAt: daysBefore(1) });
    return owner;
  }, 0],
  ['a tenant that they work for', async ({ attribute, member }, { id }) => {
    const colleague = randomUUID();
    await member(id, colleague);
    await attribute(id, colleague);
    return colleague;
  }, 600],
  ['a tenant that they worked for until yesterday', async ({ attribute, member }, { id }) => {
    const colleague = randomUUID();
    await member(id, colleague, { removed: daysBefore(1) });
    await attribute(id, colleague);
    return colleague;
  }, 600],
  ['a tenant that they had left before they brought another customer', async ({ attribute, member }, { id }) => {
    const colleague = randomUUID();
    await member(id, colleague, { removed: daysBefore(150) });
    await attribute(id, colleague);
    return colleague;
  }, 0],
  ['a tenant that pays with the card of the one they work for', async ({ attribute, member, pay, tenant }, { id }) => {
    const [colleague, other] = [randomUUID(), await tenant()];
    await member(id, colleague);
    await attribute(other.id, colleague);
    for (const paying of [id, other.id]) await pay(paying, 'card');
    return colleague;
  }, 500],
])('an ambassador is judged by what earned: %s', async ([, plan, expected]) => {
  const market = await open();
  const suspect = await plan(market, await market.tenant());
  await market.score();
  expect((await market.scores()).get(suspect)?.score ?? 0).toBe(expected);
  expect((await market.cases()).map(({ subjectId }) => subjectId)).toEqual(expected === 0 ? [] : [suspect]);
});

test('a review by a member is one of the own tenant; one written before joining is not', async () => {
  const { tenant, member, review, score, scores } = await open();
  const { id } = await tenant();
  const [colleague, later] = [randomUUID(), randomUUID()];
  await member(id, colleague);
  await member(id, later, { joined: daysBefore(2) });
  for (const author of [colleague, later]) await review({ tenantId: id, author, at: daysBefore(20) });
  await score();
  expect([...(await scores()).keys()]).toEqual([colleague]);
});
