import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { chargeForPerformance } from '../../../src/workers/charge-for-performance.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { openNotifying } from '../../support/notifying.ts';
import { made, publishedListing } from '../../support/service.ts';

const PATH = '/backoffice/held-charges';

/** A listing whose clicks the front end reports, and its charges. */
async function open() {
  const world = await openNotifying([chargeForPerformance]);
  const app = createApp(appDeps(world.sql));
  const { tenantId, owner, listingId, branchId } = await publishedListing(app);
  const frontend = await signIn(app, { roles: ['frontend'] });
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  world.start();
  return {
    ...world, app, owner, tenantId, listingId, branchId, operator,
    async click(...clicks: readonly { readonly visitorId: string; readonly ip: string; readonly listingId?: string }[]) {
      const visits = clicks.map((click) => ({ listingId, kind: 'whatsapp-click', ...click }));
      await made(frontend, '/analytics/visits', { visits });
      await world.settle();
    },
    charges: async (): Promise<readonly { id: string; status: string }[]> => {
      const { charges } = await json(await owner.get(`/tenants/${tenantId}/charges?limit=100`));
      return charges as readonly { id: string; status: string }[];
    },
    held: async () => (await json(await operator.get(PATH)))['charges'] as readonly { id: string; holdReason: string }[],
  };
}

test('a click is held for two days; beyond the bound of its address it waits for an operator', async () => {
  const { sql, click, charges, held } = await open();
  const forged = Array.from({ length: 30 }, (_, n) => ({ visitorId: randomUUID(), ip: '203.0.113.9', n }));
  for (const { visitorId, ip } of forged) await click({ visitorId, ip });
  await click({ visitorId: randomUUID(), ip: '203.0.113.10' });
  expect((await charges()).map(({ status }) => status)).toEqual(Array(31).fill('held'));
  expect((await held()).map(({ holdReason }) => holdReason)).toEqual(Array(10).fill('address'));
  const [hold] = await sql`
    select count(*)::integer as clicks from performance_charge where held_until = occurred_at + interval '48 hours'
  `;
  expect(hold).toEqual({ clicks: 21 });
  await sql`update performance_charge set held_until = now() where hold_reason is null`;
  expect((await charges()).filter(({ status }) => status === 'charged')).toHaveLength(21);
});

test('beyond the bound of its visitor a click waits as well, on whatever listings and from wherever', async () => {
  const { click, held, owner, tenantId, branchId } = await open();
  const listings: string[] = [];
  for (let n = 0; n < 7; n += 1) listings.push(await made(owner, `/tenants/${tenantId}/listings`, { title: 'x', category: 'x', branchId }));
  for (const [n, listingId] of listings.entries()) await click({ visitorId: 'visitor', ip: `203.0.113.${n}`, listingId });
  expect((await held()).map(({ holdReason }) => holdReason)).toEqual(['visitor', 'visitor']);
});

test('an operator charges it or strikes it out, once and on record', async () => {
  const { sql, app, click, held, charges, operator, owner, tenantId } = await open();
  for (let n = 0; n < 22; n += 1) await click({ visitorId: randomUUID(), ip: '203.0.113.9' });
  const [first, second] = await held();
  const resolve = async (id: string | undefined, verdict: string) =>
    (await operator.post(`${PATH}/${id}/resolve`, { verdict, reason: 'looked at it' })).status;
  expect((await (await signIn(app, { roles: ['backoffice:read'] })).post(`${PATH}/${first?.id}/resolve`, { verdict: 'charge', reason: 'x' })).status).toBe(403);
  expect(await resolve(first?.id, 'charge')).toBe(200);
  expect(await resolve(second?.id, 'strike')).toBe(200);
  for (const id of [first?.id, second?.id, randomUUID()]) expect(await resolve(id, 'strike')).toBe(404);
  const standing = new Map((await charges()).map(({ id, status }) => [id, status]));
  expect([standing.get(first?.id ?? ''), standing.get(second?.id ?? '')]).toEqual(['charged', 'struck-out']);
  expect(await held()).toEqual([]);
  expect(await sql`select from operator_action where action = 'resolve-held-charge'`).toHaveLength(2);
  const dispute = await owner.post(`/tenants/${tenantId}/disputes`, { chargeId: second?.id, reason: 'forged' });
  expect(dispute.status).toBe(409);
});
