import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openLedger } from '../../support/ledger.ts';
import { signInOperator } from '../../support/operator.ts';

const PATH = '/backoffice/ui/accounts';

async function open() {
  const world = await openLedger();
  const { app, tenantId, charge, payment, issue } = world;
  await charge(tenantId, '2026-03-10T18:00:00Z', { kind: 'closed-ticket', minor: 12_000 });
  await issue('2026-04');
  await payment(tenantId, '2026-04-02T18:00:00Z', 10_000);
  await payment(tenantId, '2026-04-02T18:00:00Z', 57, 'USD');
  return { ...world, reader: await signInOperator(app, 'backoffice:read') };
}

test('accounts that do not agree are listed by kind, page by page, with a link to the tenant', async () => {
  const { reader, tenantId } = await open();
  const page = await reader.read(PATH);
  const expected = [`${PATH}/${tenantId}`, 'MX$39.20', 'Due', '$0.57', 'Wrong currency'];
  expect(expected.filter((text) => !page.includes(text))).toEqual([]);
  expect(await reader.read(`${PATH}?kind=wrong-currency`)).not.toContain('MX$39.20');
  const first = await reader.read(`${PATH}?limit=1`);
  const next = /href="(\?[^"]*cursor=[^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(first).toContain('MX$39.20');
  expect(await reader.read(PATH + next)).not.toContain('MX$39.20');
  expect((await reader.get(`${PATH}?kind=owed`)).status).toBe(422);
});

test('a tenant’s account shows how each invoice is credited and paid', async () => {
  const { reader, tenantId } = await open();
  const page = await reader.read(`${PATH}/${tenantId}`);
  const expected = ['Taller Ruiz', 'MX-2026-000001', '2026-03', 'MX$139.20', 'MX$100.00', 'MX$39.20'];
  expect(expected.filter((text) => !page.includes(text))).toEqual([]);
  expect((await reader.get(`${PATH}/${randomUUID()}`)).status).toBe(404);
});
