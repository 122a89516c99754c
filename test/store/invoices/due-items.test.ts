import { expect, test } from 'vitest';
import { documentsOf, openLedger } from '../../support/ledger.ts';

test('a subscription that ended, or never began, is billed no more', async () => {
  const { sql, tenantId: ended, tenant, subscription, issue, credit, invoiceOf } = await openLedger();
  const never = await tenant();
  await subscription(ended, { startsOn: '2026-02-10', endedOn: '2026-03-31' });
  await subscription(never, { startsOn: '2026-03-10', endedOn: '2026-03-09' });
  for (const month of ['2026-04', '2026-05', '2026-06']) await issue(month);
  const lines = async (id: string) => (await documentsOf(sql, id)).map(({ month, lines: all }) => `${month} ${all.length}: ${all[0]}`);
  expect(await lines(never)).toEqual([]);
  expect(await lines(ended)).toEqual(['2026-03 3: subscription basic 1 49900']);
  // A period of it that falls due again begins after the end that was set meanwhile.
  await sql`update tenant_subscription set ended_on = '2026-02-28' where tenant_id = ${ended}`;
  await credit(await invoiceOf('2026-03'));
  await issue('2026-07');
  const corrected = (await documentsOf(sql, ended)).filter(({ kind }) => kind === 'invoice').at(-1);
  expect(corrected).toMatchObject({ month: '2026-06', lines: ['subscription basic 1 49900', 'tax IVA 1 7984'] });
});
