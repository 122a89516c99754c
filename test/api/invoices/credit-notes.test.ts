import { expect, test } from 'vitest';
import { json, signIn } from '../../support/app.ts';
import { slotOf } from '../../support/billing.ts';
import { openLedger } from '../../support/ledger.ts';
import { permutations } from '../../support/permutations.ts';

const MARCH = '2026-03';
const ticket = { kind: 'closed-ticket', minor: 12_000 };

test('a payment is given back once: what a verdict credited, a refund that comes later withdraws', async () => {
  const { payment, dispute, refund, issue, documents, tenantId, total } = await openLedger();
  const paymentId = await payment(tenantId, '2026-03-10T18:00:00Z', 49_900);
  await dispute({ paymentId }, '2026-03-26T18:00:00Z');
  await issue('2026-04');
  expect(await documents()).toMatchObject([{ total: -49_900, lines: ['dispute payment 1 -49900'] }]);
  await refund(paymentId, '2026-04-10T18:00:00Z', 9_900);
  await issue('2026-05');
  await refund(paymentId, '2026-05-10T18:00:00Z', 40_000);
  for (const month of ['2026-06', '2026-07']) await issue(month);
  expect((await documents()).map(({ lines }) => lines)).toEqual([
    ['dispute payment 1 -49900'], ['dispute payment 1 9900'], ['dispute payment 1 40000'],
  ]);
  expect(await total()).toBe(0);
});

test('a refund that comes before the verdict leaves it nothing to give', async () => {
  const { payment, dispute, refund, issue, documents, tenantId } = await openLedger();
  const paymentId = await payment(tenantId, '2026-03-10T18:00:00Z', 49_900);
  await refund(paymentId, '2026-03-12T18:00:00Z', 49_900);
  await dispute({ paymentId }, '2026-03-26T18:00:00Z');
  for (const month of ['2026-04', '2026-05']) await issue(month);
  expect(await documents()).toEqual([]);
});

const steps = ['march', 'april', 'lost', 'credit march', 'credit april'] as const;
const orders = permutations(steps).filter((order) =>
  order.indexOf('march') < order.indexOf('credit march') && order.indexOf('april') < order.indexOf('credit april') &&
  order.indexOf('march') < order.indexOf('april'));

test.for(orders)('a contested charge is given back once when the order is %s, %s, %s, %s, %s', async (order) => {
  const { charge, dispute, issue, credit, invoiceOf, tenantId, total, sql } = await openLedger();
  const chargeId = await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await charge(tenantId, '2026-04-10T18:00:00Z', ticket);
  for (const step of order) {
    if (step === 'march') await issue('2026-04');
    if (step === 'april') await issue('2026-05');
    if (step === 'lost') await dispute({ chargeId }, '2026-03-20T18:00:00Z');
    if (step === 'credit march') await credit(await invoiceOf(MARCH), { billAgain: false });
    if (step === 'credit april') await credit(await invoiceOf('2026-04'), { billAgain: false });
  }
  for (const month of ['2026-06', '2026-07']) await issue(month);
  expect(await total()).toBe(0);
  const [{ balance } = { balance: null }] = await sql`
    select balance_minor as balance from ledger_entry where source_id = ${chargeId} order by turn desc limit 1
  `;
  expect(balance).toBe('0');
});

test('a verdict’s credit that stood on a credited invoice falls due again', async () => {
  const { charge, dispute, payment, issue, credit, invoiceOf, documents, tenantId, total } = await openLedger();
  const chargeId = await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  await dispute({ chargeId }, '2026-04-20T18:00:00Z');
  await dispute({ paymentId: await payment(tenantId, '2026-03-10T18:00:00Z', 5_000) }, '2026-04-20T18:00:00Z');
  await issue('2026-05');
  for (const billAgain of [true, false]) {
    await credit(await invoiceOf('2026-04'), { billAgain });
    await issue('2026-05', new Date('2026-05-10T12:00:00Z'));
    await issue('2026-05', new Date('2026-05-11T12:00:00Z'));
  }
  const april = ['dispute closed-ticket 1 -12000', 'dispute payment 1 -5000', 'tax IVA 1 -1920'];
  const back = ['dispute closed-ticket 1 12000', 'dispute payment 1 5000', 'tax IVA 1 1920'];
  const found = (await documents()).slice(1).map(({ lines }) => lines.toSorted());
  expect(found).toEqual([april, april, april, back, back]);
  expect(await total()).toBe(-5_000);
});

test('a credited invoice is billed again when the slot runs again, under the corrected name and in its place', async () => {
  const { sql, subscription, charge, issue, credit, invoiceOf, documents, tenantId, total, operator } = await openLedger();
  await subscription(tenantId, { startsOn: '2026-03-10' });
  for (const day of ['05', '06']) await charge(tenantId, `2026-03-${day}T12:00:00Z`);
  await issue('2026-04');
  const [before] = await documents();
  const first = await invoiceOf(MARCH);
  expect((await credit(first)).status).toBe(201);
  await sql`update tenant set name = 'Taller Ruiz, S. A.' where id = ${tenantId}`;
  for (const day of ['10', '11']) await issue('2026-04', new Date(`2026-04-${day}T12:00:00Z`));
  const second = await invoiceOf(MARCH);
  expect(await documents()).toMatchObject([{ id: first }, { id: second, lines: before?.lines, replaces: first }, {
    kind: 'credit-note', total: -(before?.total ?? 0),
  }]);
  expect(await total()).toBe(before?.total);
  const corrected = await json(await operator.get(`/invoices/${second}`));
  expect(corrected).toMatchObject({ tenantName: 'Taller Ruiz, S. A.', number: 'MX-2026-000002', issuedOn: '2026-04-10' });
  const page = await (await operator.get(`/invoices/${second}/html`)).text();
  expect(page).toMatch(/Sustituye a la factura[^]*MX-2026-000001/);
});

test('an operator issues a corrected invoice at once, as often as the last was credited, and never twice', async () => {
  const { sql, charge, issue, credit, reissue, invoiceOf, tenantId, total, operator } = await openLedger();
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  expect((await reissue(await invoiceOf(MARCH))).status).toBe(409);
  for (const _ of [1, 2]) {
    const old = await invoiceOf(MARCH);
    await credit(old);
    const answers = await Promise.all([1, 2, 3].map(() => reissue(old)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 201)?.invoice).toMatchObject({ replaces: old, total: { minor: 13_920 } });
    expect((await reissue(old)).status).toBe(409);
  }
  expect(await total()).toBe(13_920);
  const actions = await sql`select request from operator_action where action = 'reissue-invoice'`;
  expect(actions).toHaveLength(2);
  expect((await operator.post(`/backoffice/invoices/${tenantId}/reissue`, {})).status).toBe(404);
  expect((await operator.post(`/backoffice/invoices/${await invoiceOf(MARCH)}/reissue`, { month: 'x' })).status).toBe(422);
});

test('what is credited for good is never billed again', async () => {
  const { subscription, charge, issue, credit, reissue, invoiceOf, tenantId, total } = await openLedger();
  await subscription(tenantId, { startsOn: '2026-03-10', endedOn: '2026-03-20' });
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const march = await invoiceOf(MARCH);
  await credit(march, { billAgain: false });
  for (const month of ['2026-04', '2026-05']) await issue(month);
  expect((await reissue(march)).status).toBe(409);
  expect(await total()).toBe(0);
});

test('one line is credited alone, once, and the rest with the invoice', async () => {
  const { subscription, charge, issue, credit, invoiceOf, tenantId, total, operator, documents } = await openLedger();
  await subscription(tenantId, { startsOn: '2026-03-10' });
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const march = await invoiceOf(MARCH);
  const { note } = await credit(march, { line: 2 });
  expect(note).toMatchObject({ creditsPosition: 2, credits: march, total: { minor: -13_920 } });
  expect(await json(await operator.get(`/invoices/${march}`))).toMatchObject({ creditedBy: null, lines: [{ position: 1 }, { position: 2 }, {}] });
  expect(await (await operator.get(`/invoices/${String(note['id'])}/html?lang=en`)).text()).toContain('Cancels one line of invoice');
  const refused = await Promise.all([2, 3, 4, 0, -1, 1.5, '1', null].map(async (line) => (await credit(march, { line })).status));
  expect(refused).toEqual([409, 422, 422, 422, 422, 422, 422, 422]);
  await issue('2026-04');
  expect(await total()).toBe(57_884);
  await credit(march, { billAgain: false });
  expect((await documents()).at(-1)?.lines).toEqual(['subscription basic 1 -49900', 'tax IVA 1 -7984']);
  expect((await credit(march, { line: 1 })).status).toBe(409);
  expect(await total()).toBe(0);
});

test('a line that falls due again is on the next invoice', async () => {
  const { charge, issue, credit, invoiceOf, documents, tenantId } = await openLedger();
  for (const day of ['10', '11']) await charge(tenantId, `2026-03-${day}T18:00:00Z`, ticket);
  await issue('2026-04');
  await credit(await invoiceOf(MARCH), { line: 1, billAgain: true });
  for (const month of ['2026-05', '2026-06']) await issue(month);
  expect((await documents()).map(({ kind, month, lines }) => [kind, month, lines[0]])).toEqual([
    ['invoice', '2026-03', 'charge closed-ticket 2 24000'], ['invoice', '2026-04', 'charge closed-ticket 2 24000'],
    ['credit-note', '2026-03', 'charge closed-ticket 2 -24000'],
  ]);
});

test('many operators credit an invoice and its lines at once: each thing is given back once', async () => {
  const { subscription, charge, issue, credit, invoiceOf, tenantId, total, sql } = await openLedger();
  await subscription(tenantId, { startsOn: '2026-03-10' });
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const march = await invoiceOf(MARCH);
  const wishes = [{}, { line: 1 }, { line: 2 }, {}, { line: 1 }, { line: 2 }];
  const answers = await Promise.all(wishes.map((wish) => credit(march, { ...wish, billAgain: false })));
  expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
  expect(await total()).toBe(0);
  expect(await sql`select source_id from ledger_entry where turn = 2`).toHaveLength(2);
});

test('an invoice that is issued late bears the month as asked and the day on which it is issued', async () => {
  const { sql, charge, issue, invoiceOf, tenantId, operator } = await openLedger();
  await charge(tenantId, '2026-10-05T12:00:00Z');
  await issue('2026-11');
  await charge(tenantId, '2026-03-05T12:00:00Z');
  await issue('2026-04', new Date('2026-11-20T12:00:00Z'));
  expect(await json(await operator.get(`/invoices/${await invoiceOf(MARCH)}`))).toMatchObject({
    number: 'MX-2026-000002', periodStart: '2026-03-01', periodEnd: '2026-03-31', issuedOn: '2026-11-20',
    issuedAt: '2026-11-20T12:00:00.000Z',
  });
  await charge(tenantId, '2026-05-05T12:00:00Z');
  await issue('2026-06', slotOf('2026-06')); // a process whose clock is behind
  const numbers = await sql<{ number: string }[]>`select number from invoice order by issued_at, number`;
  expect(numbers.map(({ number }) => number)).toEqual(['MX-2026-000001', 'MX-2026-000002', 'MX-2026-000003']);
});

test('who may not correct invoices gets 403', async () => {
  const { app, charge, issue, invoiceOf, tenantId } = await openLedger();
  await charge(tenantId, '2026-03-10T18:00:00Z');
  await issue('2026-04');
  for (const roles of [['tenant'], ['user'], ['backoffice:read']] as const) {
    const other = await signIn(app, { roles: [...roles], tenantId });
    expect((await other.post(`/backoffice/invoices/${await invoiceOf(MARCH)}/reissue`, {})).status).toBe(403);
  }
});
