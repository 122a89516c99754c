import { expect, test } from 'vitest';
import { checkInvoices } from '../../dev/story/check-invoices.ts';
import { createApp } from '../../src/api/app.ts';
import { closePayoutCycles } from '../../src/jobs/close-payout-cycles.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import { appDeps, signInOperators } from '../support/app.ts';
import { openBilling, slotOf } from '../support/billing.ts';
import { runSlot } from '../support/jobs.ts';
import { openEarning } from '../support/earning.ts';

const results = async (sql: Parameters<typeof checkInvoices>[0]) =>
  (await checkInvoices(sql)).map(({ figure, compared, differences }) => `${figure}: ${differences} of ${compared}`);

test('the independent check agrees with the invoices, and sees one that is wrong', async () => {
  const { sql, tenant, subscription, charge, dispute } = await openBilling();
  const places = [['MX', 'MXN', 'America/Mexico_City'], ['ES', 'EUR', 'Europe/Madrid'], ['JP', 'USD', 'Asia/Tokyo']] as const;
  for (const [country, currency, timeZone] of places) {
    const id = await tenant({ country, currency, timeZone });
    await subscription(id, { currency, startsOn: '2026-01-31', minor: 12_525 });
    const charges = [];
    for (const at of ['2026-02-28T23:30:00Z', '2026-03-01T05:30:00Z', '2026-03-31T22:30:00Z', '2026-04-20T12:00:00Z']) {
      charges.push(await charge(id, at, { currency, minor: 125 }));
    }
    await dispute({ chargeId: charges[1] ?? '' }, '2026-04-02T12:00:00Z');
    await dispute({ chargeId: charges[2] ?? '' }, '2026-04-02T12:00:00Z', 'won');
  }
  const yearly = await tenant();
  await subscription(yearly, { period: 'yearly', startsOn: '2024-02-29' });
  for (const month of ['2026-03', '2026-04', '2026-05']) await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf(month) });
  const operator = await signInOperators(createApp(appDeps(sql)));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice limit 1`;
  await operator.post(`/backoffice/invoices/${invoice?.id}/credit`, { reason: 'x' });
  expect(await results(sql)).toEqual([
    'invoices: 0 of 10', 'credit notes: 0 of 1', 'invoice numbers without gap: 0 of 4', 'payout cycles’ frozen lines: 0 of 0',
  ]);

  await sql`alter table invoice disable trigger invoice_frozen`;
  await sql`
    update invoice set net_minor = net_minor + 1, total_minor = total_minor + 1
    where number = (select min(number) from invoice where kind = 'invoice')
  `;
  await sql`update invoice set place = 77 where kind = 'credit-note'`;
  const [figures, , numbers] = await results(sql);
  expect([figures, numbers]).toEqual(['invoices: 1 of 10', 'invoice numbers without gap: 1 of 4']);
});

test('a commission that was changed after its cycle was closed is seen', async () => {
  const { sql, attribute, capture, start, settle } = await openEarning();
  await attribute();
  start();
  for (const paymentId of ['a', 'b', 'c']) await capture({ paymentId, occurredAt: '2026-03-10T18:00:00Z' });
  await settle();
  await runSlot(sql, closePayoutCycles, { ports: {}, scheduledFor: new Date('2026-04-01T10:00:00Z') });
  expect((await results(sql)).at(-1)).toBe('payout cycles’ frozen lines: 0 of 1');
  await sql`update commission set amount_minor = amount_minor + 1 where id = (select max(id::text)::uuid from commission)`;
  expect((await results(sql)).at(-1)).toBe('payout cycles’ frozen lines: 1 of 1');
});
