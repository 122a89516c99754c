import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { reconcilePayments } from '../../src/jobs/reconcile-payments.ts';
import { appDeps, json } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';
import { makeToken } from '../support/tokens.ts';

const HEADER = 'provider_payment_id,amount_minor,currency,settled_on';
const QUERY = '?provider=sandpay&periodStart=2026-06-01&periodEnd=2026-06-30';

/** A tenant with captured payments `<id> <minor> <currency> <captured at>`, and an operator who brings reports. */
async function world(...payments: readonly string[]) {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const tenantId = randomUUID();
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    values (${tenantId}, ${randomUUID()}, 'Taller', 'MX', 'MXN', 'America/Mexico_City', now())
  `;
  const pay = async (payment: string) => {
    const [id = '', minor = '', currency = '', at = '2026-06-10T12:00:00Z'] = payment.split(' ');
    await sql`
      insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
      values (${randomUUID()}, 'sandpay', ${id}, ${tenantId}, ${minor}, ${currency}, 'captured', ${at}, ${at})
    `;
  };
  for (const payment of payments) await pay(payment);
  const operatorToken = await makeToken({ roles: ['backoffice:write'] });
  const readerToken = await makeToken({ roles: ['backoffice:read'] });
  const bring = async (lines: readonly string[], { token = operatorToken, query = QUERY, type = 'text/csv', header = HEADER } = {}) =>
    app.request(`/backoffice/settlement-reports${query}`, {
      method: 'POST', headers: { authorization: `Bearer ${token}`, 'Content-Type': type }, body: [header, ...lines, ''].join('\n'),
    });
  return {
    sql, pay, bring, readerToken,
    reconcile: () => runSlot(sql, reconcilePayments, { ports: {} }),
    mismatches: async () => {
      const rows = await sql`
        select kind || ' ' || provider_payment_id || case when resolved_at is null then '' else ' resolved' end as said
        from payment_mismatch order by 1
      `;
      return rows.map(({ said }) => String(said));
    },
    list: async (query = '') => {
      const answer = await app.request(`/backoffice/payment-mismatches${query}`, { headers: { authorization: `Bearer ${readerToken}` } });
      return (await json(answer))['mismatches'] as readonly { readonly kind: string; readonly oursMinor: string | null; readonly theirsMinor: string | null }[];
    },
  };
}

test('each way of not agreeing is found, once and told once, and what agrees is not', async () => {
  const { bring, reconcile, mismatches, sql, list } = await world(
    'agrees 100 MXN', 'more 100 MXN', 'other 100 MXN', 'twice 100 MXN', 'ours 100 MXN', 'earlier 100 MXN 2026-05-31T23:59:59Z',
  );
  const answer = await bring([
    'agrees,100,MXN,2026-06-11', 'more,101,MXN,2026-06-11', 'other,100,EUR,2026-06-11', 'twice,100,MXN,2026-06-11',
    'twice,100,MXN,2026-06-12', 'theirs,100,MXN,2026-06-11', '"earlier",100,MXN,2026-06-01',
  ]);
  expect([answer.status, await json(answer)]).toMatchObject([201, { lines: 7, known: false }]);
  const expected = ['amount-differs more', 'currency-differs other', 'duplicate twice', 'missing-here theirs', 'missing-there ours'];
  for (const _ of [1, 2, 3]) {
    expect(await reconcile()).toMatchObject({ outcome: 'done' });
    expect(await mismatches()).toEqual(expected);
  }
  const events = await sql`select payload_json ->> 'kind' as kind from outbox_event where event_type = 'PaymentMismatchFound'`;
  expect(events.map(({ kind }) => String(kind)).toSorted()).toEqual(expected.map((one) => one.split(' ')[0]));
  expect(await list('?kind=amount-differs')).toMatchObject([{ kind: 'amount-differs', oursMinor: '100', theirsMinor: '101' }]);
  expect(await list('?provider=nobody')).toEqual([]);
});

test('the same report again changes nothing, whoever brings it and how often', async () => {
  const { bring, reconcile, mismatches, sql } = await world('ours 100 MXN');
  const lines = ['theirs,100,MXN,2026-06-11'];
  const answers = await Promise.all([bring(lines), bring(lines), bring(lines)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 201]);
  const ids = await Promise.all(answers.map(async (answer) => (await json(answer))['id']));
  expect(new Set(ids).size).toBe(1);
  await reconcile();
  const [before] = await sql`select (select count(*) from settlement_line)::integer as lines, (select count(*) from payment_mismatch)::integer as mismatches`;
  expect(before).toEqual({ lines: 1, mismatches: 2 });
  expect((await bring(lines)).status).toBe(200);
  await reconcile();
  expect(await sql`select (select count(*) from settlement_line)::integer as lines, (select count(*) from payment_mismatch)::integer as mismatches`).toEqual([before]);
  expect(await mismatches()).toHaveLength(2);
});

test('what a later report or a late webhook sets right is resolved', async () => {
  const { bring, reconcile, mismatches, pay, list } = await world('slow 100 MXN');
  await bring(['unheard,100,MXN,2026-06-11']);
  await reconcile();
  expect(await mismatches()).toEqual(['missing-here unheard', 'missing-there slow']);
  await pay('unheard 100 MXN');
  await bring(['slow,100,MXN,2026-07-01', 'unheard,100,MXN,2026-06-11'], { query: QUERY.replaceAll('2026-06', '2026-07') });
  await reconcile();
  expect(await mismatches()).toEqual(['missing-here unheard resolved', 'missing-there slow resolved']);
  expect(await list()).toEqual([]);
  expect(await list('?open=false')).toHaveLength(2);
});

test.for([
  ['an amount that is none', ['a,1,MXN,2026-06-11', 'b,much,MXN,2026-06-11'], 'line 3, amount_minor'],
  ['a currency in small letters', ['a,1,mxn,2026-06-11'], 'line 2'],
  ['a day that is none', ['a,1,MXN,2026-02-30'], 'line 2, settled_on'],
  ['a line that is too short', ['a,1,MXN'], 'line 2'],
  ['a line that is too long', ['a,1,MXN,2026-06-11,x'], 'line 2'],
  ['no id', [',1,MXN,2026-06-11'], 'line 2'],
  ['a day of another order', ['a,1,MXN,05/06/2026'], 'line 2, settled_on'],
  ['a day without an end', ['a,1,MXN,infinity'], 'line 2, settled_on'],
  ['a hexadecimal amount', ['a,0x64,MXN,2026-06-11'], 'line 2, amount_minor'],
  ['an amount with underscores', ['a,1_000,MXN,2026-06-11'], 'line 2, amount_minor'],
] as const)('a report with %s is refused with its line, and nothing of it is kept', async ([, lines, where]) => {
  const { bring, sql } = await world();
  const answer = await bring(lines);
  const said = await json(answer);
  expect([answer.status, String(said['detail'])]).toEqual([422, expect.stringContaining(where)]);
  expect(String(said['detail'])).not.toContain('much');
  expect(await sql`select from settlement_report union all select from settlement_line`).toHaveLength(0);
});

test('a report of a spreadsheet, with a mark, semicolons and line ends of Windows, is taken', async () => {
  const { bring, sql } = await world();
  const header = '\ufeffprovider_payment_id;amount_minor;currency;settled_on\r';
  expect((await bring(['a;100;MXN;2026-06-11\r', ';-5;MXN;2026-06-11\r'], { header, type: 'text/csv; header=present' })).status).toBe(201);
  expect(await sql`select provider_payment_id as id, amount_minor as minor from settlement_line order by line`).toEqual([{ id: 'a', minor: '100' }, { id: null, minor: '-5' }]);
});

test('another header, another type, another role, a provider that is none and a period that ends before it begins are refused', async () => {
  const { bring, sql, readerToken } = await world();
  const line = ['a,1,MXN,2026-06-11'];
  expect((await bring(line, { header: 'id,amount,currency,day' })).status).toBe(422);
  expect((await bring(line, { type: 'application/json' })).status).toBe(415);
  expect((await bring(line, { token: readerToken })).status).toBe(403);
  expect((await bring(line, { query: QUERY.replace('sandpay', 'nobody') })).status).toBe(422);
  expect((await bring(line, { query: QUERY.replace('2026-06-01', '0000-01-01') })).status).toBe(422);
  expect((await bring(line, { query: QUERY.replace('periodEnd=2026-06-30', 'periodEnd=2026-05-30') })).status).toBe(422);
  expect(await sql`select from settlement_report`).toHaveLength(0);
});
