import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { json } from '../../support/app.ts';
import { captured, deliver, failed, openPaying, refunded, signed, WEBHOOK } from '../../support/money.ts';

type World = Awaited<ReturnType<typeof openPaying>>;

/** A test of many rows over one database. Each row has a payment of its own. */
function testRows<Row extends readonly unknown[]>(
  title: string,
  rows: readonly Row[],
  check: (world: World, ...row: [...Row]) => Promise<void>,
): void {
  test(title, async () => {
    const world = await openPaying();
    for (const row of rows) {
      await check(world, ...([...row] as [...Row])).catch((error: unknown) => {
        throw new Error(`${JSON.stringify(row)}: ${String(error)}`, { cause: error });
      });
    }
  });
}

/** A report whose data has a field in raw JSON, or not at all. */
function withField(report: { readonly data: object }, field: string, written: string): string {
  const body = JSON.stringify({ ...report, data: { ...report.data, [field]: 'RAW' } });
  return written === ''
    ? body.replace(`"${field}":"RAW",`, '').replace(`,"${field}":"RAW"`, '')
    : body.replace('"RAW"', () => written);
}

const FUTURE = '2099-01-01T00:00:00Z';
/** A field as the report has it (raw JSON), and the fact that is kept: minor units, currency, or time. */
const spellings: readonly (readonly [field: string, json: string, kept: string])[] = [
  ['amountMinor', '"1250"', '1250'], ['amountMinor', '" 1250 "', '1250'], ['amountMinor', '1250.0', '1250'],
  ['amountMinor', '1.25e3', '1250'],
  ['amountMinor', '1', '1'], ['amountMinor', '1000000000000', '1000000000000'], ['amountMinor', '"0001250"', '1250'],
  ['currency', '"mxn"', 'MXN'], ['currency', '" MXN\\n"', 'MXN'], ['currency', '"KWD"', 'KWD'],
  ['currency', '"Jpy"', 'JPY'],
  ['occurredAt', '"2026-03-01T00:00:00+05:30"', '2026-02-28T18:30:00.000Z'],
  ['occurredAt', '"2026-03-01T00:00:00.123456789Z"', '2026-03-01T00:00:00.123Z'],
  ['occurredAt', '"2026-03-01T00:00:00Z"', '2026-03-01T00:00:00.000Z'],
  ['occurredAt', '1772323200', '2026-03-01T00:00:00.000Z'],
  ['occurredAt', '1772323200.5', '2026-03-01T00:00:00.500Z'],
  ['occurredAt', '"1772323200"', '2026-03-01T00:00:00.000Z'],
  ['occurredAt', '1772323200123', '2026-03-01T00:00:00.123Z'], ['occurredAt', 'null', 'receipt'],
  ['occurredAt', '""', 'receipt'],
];

testRows('a fact may be written in several ways', spellings, async ({ sql, app, tenantId }, field, written, kept) => {
  const paymentId = `${field} ${written}`.replaceAll(/[^\w.]/g, '_');
  const answer = await deliver(app, withField(captured(tenantId, { paymentId }), field, written));
  expect([answer.status, await json(answer)]).toEqual([200, { status: 'recorded' }]);
  const [row] = await sql`
    select amount_minor::text as "amountMinor", currency, captured_at as "occurredAt", captured_at > now() - interval '1 minute' as "isNow"
    from payment where provider_payment_id = ${paymentId}`;
  if (kept === 'receipt') expect(row?.['isNow']).toBe(true);
  else expect(row?.[field]).toEqual(field === 'occurredAt' ? new Date(kept) : kept);
  expect(await sql`select kind from payment_mismatch where provider_payment_id = ${paymentId}`).toEqual([]);
});

/** A field as the report has it (raw JSON; empty: absent), and what an operator reads. */
const unreadable: readonly (readonly [field: string, json: string, detail: RegExp])[] = [
  ...['1250.5', '"12.50"', '-1', '0', '-0', '9007199254740993', '1000000000001', '1e400', '"x"', '""', 'null', '{}', '[1]', 'true', ''].map((one) =>
    ['amountMinor', one, /^data\.amountMinor (must|is)/] as const),
  ...['"DEM"', '"pesos"', '""', 'null', '484', '', '["MXN"]'].map((one) => ['currency', one, /^data\.currency (must|is)/] as const),
  ...['""', '-1', '1.5', 'null', '{}', '"päy"', '"a\\u0000b"', `"${'x'.repeat(201)}"`, `"${'x'.repeat(300)}"`, ''].map((one) =>
    ['paymentId', one, /^data\.paymentId (must|is|does)/] as const),
];

testRows('without a fact that can be read nothing is recorded, and an operator reads why', unreadable, async ({ sql, app, tenantId }, field, written, detail) => {
  const deliveryId = `whd_${randomUUID()}`;
  const named = `pay_${randomUUID()}`;
  for (const report of [captured, failed, refunded]) {
    const body = withField(report(tenantId, { paymentId: named }), field, written);
    for (const _ of [1, 2]) {
      const answer = await deliver(app, body, { deliveryId: `${deliveryId}-${report.name}` });
      expect([answer.status, await json(answer)]).toEqual([200, { status: 'mismatch' }]);
    }
  }
  const about =
    field === 'paymentId' ? [captured, failed, refunded].map(({ name }) => `${deliveryId}-${name}`) : [named];
  const rows =
    await sql`select provider_payment_id as id, kind, detail, theirs_minor, webhook_id from payment_mismatch where provider_payment_id in ${sql(about)}`;
  expect(rows.map(({ id, kind, theirs_minor: theirs }) => [id, kind, theirs])).toEqual(
    expect.arrayContaining(about.map((id) => [id, 'unreadable', null])),
  );
  for (const row of rows) expect(row['detail']).toMatch(detail);
  expect(await sql`select from payment where provider_payment_id in ${sql(about)}`).toEqual([]);
  expect(
    await sql`select count(*)::integer as stored from webhook_payload where delivery_id like ${`${deliveryId}%`} and standing = 'first'`,
  ).toEqual([{ stored: 3 }]);
});

test('a refund without its own id is unreadable, and a failed attempt needs no reason', async () => {
  const { sql, app, tenantId } = await openPaying();
  expect(
    await json(await deliver(app, refunded(tenantId, { paymentId: 'no-refund-id', refundId: undefined }))),
  ).toEqual({ status: 'mismatch' });
  for (const [index, reason] of [undefined, null, { code: 5 }, 51].entries()) {
    expect(await json(await deliver(app, failed(tenantId, { paymentId: `reason-${index}`, reason })))).toEqual({
      status: 'recorded',
    });
  }
  expect(
    await sql`select failure_reason as reason from payment where provider_payment_id like 'reason-%' order by provider_payment_id`,
  ).toEqual(['', '', '', '51'].map((reason) => ({ reason })));
});

const times = [
  'infinity', '2026-02-30T00:00:00Z', '2026-02-28T00:00:00', '2026-02-28', FUTURE,
  new Date(Date.now() + 3_600_000).toISOString(), 0, -5, 1e18, '1e18',
  '1970-01-01T00:00:00Z', {}, true, '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z', 'yesterday',
];

testRows('money that moved at an impossible time is recorded as of its receipt, and an operator hears of it', times.map((one) => [one] as const), async ({ sql, app, tenantId }, occurredAt) => {
  const paymentId = `pay_${randomUUID()}`;
  for (const [report, status] of [
    [captured, 'recorded'],
    [captured, 'known'],
    [refunded, 'recorded'],
    [refunded, 'known'],
  ] as const) {
    expect(await json(await deliver(app, report(tenantId, { paymentId, occurredAt, refundId: paymentId })))).toEqual({
      status,
    });
  }
  expect(
    await sql`select status, captured_at > now() - interval '1 minute' as "isNow" from payment where provider_payment_id = ${paymentId}`,
  ).toEqual([{ status: 'captured', isNow: true }]);
  expect(await sql`select kind, detail from payment_mismatch where provider_payment_id = ${paymentId}`)
    .toEqual([{ kind: 'unreadable', detail: expect.stringContaining('data.occurredAt') as string }]);
});

test('clocks that are minutes ahead are believed', async () => {
  const { sql, app, tenantId } = await openPaying();
  const occurredAt = new Date(Date.now() + 240_000).toISOString();
  expect(await json(await deliver(app, captured(tenantId, { paymentId: 'ahead', occurredAt })))).toEqual({
    status: 'recorded',
  });
  expect(await sql`select captured_at from payment where provider_payment_id = 'ahead'`).toEqual([
    { captured_at: new Date(occurredAt) },
  ]);
});

/** A tenant's id as the report has it (raw JSON; empty: absent), and whether it is the tenant's. */
const owners: readonly (readonly [json: string, isOurs: boolean])[] = [
  ['UPPER', true], [' SPACED ', true], ['', false], ['null', false], ['5', false], ['{"$ne":null}', false],
  ['"x"', false], ['""', false],
  ['"00000000-0000-0000-0000-000000000000"', false], ['["a"]', false],
];

testRows(
  'a capture is of its tenant, or a mismatch with its amount',
  owners,
  async ({ sql, app, tenantId }, written, isOurs) => {
    const paymentId = `pay_${randomUUID()}`;
    const spelling = written.replace('UPPER', `"${tenantId.toUpperCase()}"`).replace(' SPACED ', `" ${tenantId}\\n"`);
    const body = withField(captured(tenantId, { paymentId }), 'tenantId', spelling);
    expect(await json(await deliver(app, body))).toEqual({ status: isOurs ? 'recorded' : 'mismatch' });
    const mismatches =
      await sql`select kind, theirs_minor as minor from payment_mismatch where provider_payment_id = ${paymentId}`;
    expect(mismatches).toEqual(isOurs ? [] : [{ kind: 'missing-here', minor: '49900' }]);
    // A payment that we have needs no tenant in its next report.
    await deliver(app, failed(tenantId, { paymentId: `${paymentId}-known` }));
    const repeated = withField(captured(tenantId, { paymentId: `${paymentId}-known` }), 'tenantId', spelling);
    if (written !== '"00000000-0000-0000-0000-000000000000"')
      expect(await json(await deliver(app, repeated))).toEqual({ status: 'recorded' });
  },
);

test('another delivery that cannot be read is raised again after an operator resolved the first', async () => {
  const { sql, app, tenantId } = await openPaying();
  const send = (deliveryId: string) =>
    deliver(app, captured(tenantId, { paymentId: 'twice', amountMinor: 'x' }), { deliveryId });
  await send('whd_first');
  await sql`update payment_mismatch set resolved_at = now(), resolved_by = 'operator', resolution_reason = 'r' where provider_payment_id = 'twice'`;
  const open = () =>
    sql`select webhook_id from payment_mismatch where provider_payment_id = 'twice' and resolved_at is null`;
  await send('whd_first');
  expect(await open()).toEqual([]);
  await send('whd_second');
  expect(await open()).toEqual([{ webhook_id: 'whd_second' }]);
});

const bodies: readonly (readonly [what: string, change: (body: string) => string])[] = [
  ['a byte order mark', (body: string) => `\ufeff${body}`],
  ['white space around it', (body: string) => `\r\n\t ${body}\n\n`],
  ['a key twice', (body: string) => body.replace('"amountMinor":', '"amountMinor":1,"amountMinor":')],
  ['1 MB', (body: string) => body.padEnd(1_024 * 1_024)],
];

testRows('what surrounds a report does not matter', bodies, async ({ sql, app, tenantId }, what, change) => {
  const paymentId = what.replaceAll(' ', '-');
  const answer = await deliver(app, change(JSON.stringify(captured(tenantId, { paymentId }))));
  expect([answer.status, await json(answer)]).toEqual([200, { status: 'recorded' }]);
  expect(await sql`select amount_minor as minor from payment where provider_payment_id = ${paymentId}`).toEqual([
    { minor: '49900' },
  ]);
});

test('a compressed body is refused by its header, for the signature is over the bytes', async () => {
  const { app, tenantId } = await openPaying();
  const body = gzipSync(JSON.stringify(captured(tenantId)));
  const { deliveryId, timestamp, signature } = signed(body);
  const headers = {
    'Content-Type': 'application/json', 'Content-Encoding': 'gzip', 'Webhook-Id': deliveryId,
    'Webhook-Timestamp': timestamp, 'Webhook-Signature': signature,
  };
  const answer = await app.request(WEBHOOK, { method: 'POST', headers, body });
  expect([answer.status, answer.headers.get('Accept-Encoding')]).toEqual([415, 'identity']);
});
