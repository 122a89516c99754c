import { extractText, getDocumentProxy } from 'unpdf';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { formatMoney } from '../../../src/domain/money.ts';
import { issueInvoices } from '../../../src/jobs/issue-invoices.ts';
import { appDeps, json, signIn, signInOperators } from '../../support/app.ts';
import { everyInvoice, openBilling, slotOf } from '../../support/billing.ts';
import { eventsOf } from '../../support/events.ts';
import { runSlot } from '../../support/jobs.ts';

/** A tenant with an invoice for March, whoever may look at it, and an operator. */
async function open(facts: Parameters<Awaited<ReturnType<typeof openBilling>>['tenant']>[0] = {}) {
  const world = await openBilling();
  const { sql } = world;
  const tenantId = await world.tenant(facts);
  await world.subscription(tenantId, { startsOn: '2026-03-10' });
  for (const day of ['05', '06', '07']) await world.charge(tenantId, `2026-03-${day}T12:00:00Z`);
  await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04') });
  const app = createApp(appDeps(sql));
  const [{ id } = { id: '' }] = await sql<{ id: string }[]>`select id from invoice`;
  const owner = await signIn(app, { roles: ['tenant'], tenantId });
  const operator = await signInOperators(app);
  const credit = (body: object = { reason: 'billed by mistake' }, of = id) => operator.post(`/backoffice/invoices/${of}/credit`, body);
  return { ...world, app, tenantId, id, owner, operator, credit };
}

/** Returns the text of a PDF as a reader copies it. */
const textOf = async (answer: Response) =>
  (await extractText(new Uint8Array(await answer.arrayBuffer()), { mergePages: true })).text;

const spaced = (text: string) => text.replaceAll(/\s/g, ' ');
const total = formatMoney({ minor: 78_764, currency: 'MXN' }, 'es'); // 49,900 + 3 × 6,000, and 16 %

test('a tenant reads its invoice as it was issued, and in its list', async () => {
  const { owner, id, tenantId } = await open();
  const mxn = (minor: number) => ({ minor, currency: 'MXN' });
  const figures = {
    id, kind: 'invoice', number: 'MX-2026-000001', tenantId, net: mxn(67_900), tax: mxn(10_864), total: mxn(78_764),
    creditedBy: null,
  };
  expect(await json(await owner.get(`/invoices/${id}`))).toMatchObject({
    ...figures, periodStart: '2026-03-01', periodEnd: '2026-03-31', issuedOn: '2026-04-01', lines: [
      { kind: 'subscription', detail: 'basic', startsOn: '2026-03-10', endsOn: '2026-04-09', quantity: 1, amount: mxn(49_900) },
      { kind: 'charge', detail: 'qualified-lead', quantity: 3, unit: mxn(6_000), amount: mxn(18_000), sourceId: null },
      { kind: 'tax', detail: 'IVA', rateBasisPoints: 1_600, unit: mxn(67_900), amount: mxn(10_864) },
    ],
  });
  expect(await json(await owner.get(`/tenants/${tenantId}/invoices`))).toMatchObject({ invoices: [figures], nextCursor: null });
});

test('the list goes page by page, newest first', async () => {
  const { sql, owner, charge, tenantId } = await open();
  for (const month of ['04', '05', '06']) await charge(tenantId, `2026-${month}-15T12:00:00Z`);
  for (const month of ['05', '06', '07']) await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf(`2026-${month}`) });
  const months = (page: Record<string, unknown>) =>
    (page['invoices'] as { readonly periodStart: string }[]).map(({ periodStart }) => periodStart);
  const first = await json(await owner.get(`/tenants/${tenantId}/invoices?limit=3`));
  const rest = await json(await owner.get(`/tenants/${tenantId}/invoices?limit=3&cursor=${String(first['nextCursor'])}`));
  expect([...months(first), ...months(rest)]).toEqual(['2026-06-01', '2026-05-01', '2026-04-01', '2026-03-01']);
  expect(rest['nextCursor']).toBeNull();
  expect((await owner.get(`/tenants/${tenantId}/charges?cursor=${String(first['nextCursor'])}`)).status).toBe(400);
  expect((await owner.get(`/tenants/${tenantId}/invoices?limit=0`)).status).toBe(422);
});

test('it is nobody else’s to see, in any form', async () => {
  const { app, id, tenantId, operator } = await open();
  const stranger = await signIn(app, { roles: ['tenant'], tenantId: '0195f3c0-0000-7000-8000-000000000001' });
  const user = await signIn(app);
  for (const path of [`/invoices/${id}`, `/invoices/${id}/html`, `/invoices/${id}/pdf`, `/tenants/${tenantId}/invoices`]) {
    const answers = await Promise.all([stranger.get(path), user.get(path), operator.get(path), app.request(path)]);
    expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 404, 403, 200, 401]);
  }
  expect((await operator.get('/invoices/0195f3c0-0000-7000-8000-000000000001/pdf')).status).toBe(404);
  expect((await operator.get(`/invoices/${id}/html?lang=fr`)).status).toBe(422);
});

test('as a page it says the same in both languages, and what a name says is only text', async () => {
  const { owner, id } = await open({ name: `Taller <script>alert("1")</script> & Söhne` });
  const [es, en] = [await owner.get(`/invoices/${id}/html`), await owner.get(`/invoices/${id}/html?lang=en`)];
  expect(es.headers.get('Content-Type')).toMatch(/^text\/html/);
  expect(es.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  const [spanish, english] = [spaced(await es.text()), spaced(await en.text())];
  for (const page of [spanish, english]) {
    expect(page).toContain('MX-2026-000001');
    expect(page).toContain('Taller &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Söhne');
    expect(page).not.toContain('<script');
  }
  const inSpanish = ['lang="es"', 'Factura', 'Suscripción Básica', '10 de marzo', 'IVA 16 % sobre', 'México', spaced(total)];
  const inEnglish = ['lang="en"', 'Invoice', 'Basic subscription', 'IVA 16% of', 'Mexico', 'MX$787.64'];
  for (const text of inSpanish) expect(spanish).toContain(text);
  for (const text of inEnglish) expect(english).toContain(text);
});

test('as a PDF it has the same number and figures, and the same bytes each time', async () => {
  const { owner, id } = await open();
  const answer = await owner.get(`/invoices/${id}/pdf`);
  expect(answer.headers.get('Content-Type')).toBe('application/pdf');
  expect(answer.headers.get('Content-Disposition')).toBe('inline; filename="MX-2026-000001.pdf"');
  const text = spaced(await textOf(answer.clone()));
  const pdf = Buffer.from(await answer.arrayBuffer());
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const parts = ['Factura', 'MX-2026-000001', 'Taller Ruiz', 'Suscripción Básica', spaced(total)];
  for (const part of parts) expect(text).toContain(part);
  expect(pdf.toString('latin1')).toContain('D:20260401110000Z');
  expect(Buffer.from(await (await owner.get(`/invoices/${id}/pdf`)).arrayBuffer()).equals(pdf)).toBe(true);
  expect(await textOf(await owner.get(`/invoices/${id}/pdf?lang=en`))).toContain('MX$787.64');
});

test.for([
  'Łódź Žižek', 'Ελλάδα', 'Київ', '株式会社', 'カタカナ', '서울 한국어', 'नमस्ते', 'ไทย', 'ქართული', 'Հայերեն', 'Việt Nam',
  'Taller 🛠️', 'Ñandú & Söhne',
])('the name %s is on the PDF, in an embedded font that has it', async (name) => {
  const { owner, id } = await open({ name });
  const answer = await owner.get(`/invoices/${id}/pdf`);
  expect((await textOf(answer.clone())).normalize('NFC')).toContain(name.normalize('NFC'));
  const pdf = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  expect(pdf).not.toMatch(/Helvetica|\.notdef/);
  expect(pdf.match(/\/FontFile2/g)?.length).toBe(pdf.match(/\/Type \/FontDescriptor/g)?.length);
});

test('a name that is read from right to left is written so, and read aloud as it is', async () => {
  const { owner, id } = await open({ name: 'שלום (עולם) 24' });
  const answer = await owner.get(`/invoices/${id}/pdf`);
  const bytes = await answer.arrayBuffer();
  const spoken = Buffer.from('שלום (עולם) 24', 'utf16le').swap16().toString('latin1');
  expect(Buffer.from(bytes).toString('latin1')).toMatch(/\/ActualText/);
  expect(Buffer.from(bytes).toString('latin1').replaceAll(/\\([()\\])/g, '$1')).toContain(spoken);
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const tree = JSON.stringify(await (await document.getPage(1)).getStructTree());
  expect(tree).toContain('"role":"Table"');
  expect(tree).toContain('"role":"H1"');
});

test('an invoice is taken back by a credit note, once, and the operator is on record', async () => {
  const { sql, owner, operator, credit, id, tenantId } = await open();
  const answer = await credit();
  expect(answer.status).toBe(201);
  const note = await json(answer);
  expect(note['number']).toMatch(/^MX-NC-\d{4}-000001$/);
  expect(note).toMatchObject({
    kind: 'credit-note', credits: id, reason: 'billed by mistake', total: { minor: -78_764 }, creditedBy: null,
  });
  const before = await everyInvoice(sql);
  expect((await credit()).status).toBe(409);
  expect((await credit({ reason: 'again' }, String(note['id']))).status).toBe(409);
  expect(await everyInvoice(sql) === before).toBe(true);
  expect(await json(await owner.get(`/invoices/${id}`))).toMatchObject({ creditedBy: note['id'] });
  expect(await eventsOf(sql, 'InvoiceIssued')).toMatchObject([
    { tenantId, payload: { invoiceId: id } }, { tenantId, payload: { invoiceId: note['id'], total: { minor: -78_764 } } },
  ]);
  expect(await sql`select operator_user_id, request, outcome from operator_action where action = 'credit-invoice'`).toEqual([{
    operator_user_id: operator.second.userId, request: { invoiceId: id, reason: 'billed by mistake', line: null, billAgain: true },
    outcome: { creditNoteId: note['id'], number: note['number'] },
  }]);
  const html = await (await owner.get(`/invoices/${String(note['id'])}/html`)).text();
  for (const text of ['Nota de crédito', 'MX-2026-000001', 'billed by mistake']) expect(html).toContain(text);
});

test('what can’t be credited is refused, and who may not gets 403', async () => {
  const { sql, app, owner, credit, id } = await open();
  const reasons = [undefined, '', ' ', 'two\nlines', 'x'.repeat(301), { $ne: null }];
  for (const body of [...reasons.map((reason) => ({ reason })), { reason: 'x', total: 1 }]) {
    expect([body, (await credit(body)).status]).toEqual([body, 422]);
  }
  expect((await credit({ reason: 'x' }, '0195f3c0-0000-7000-8000-000000000001')).status).toBe(404);
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  for (const other of [owner, reader]) expect((await other.post(`/backoffice/invoices/${id}/credit`, { reason: 'x' })).status).toBe(403);
  expect(await sql`select count(*)::integer as n from invoice`).toEqual([{ n: 1 }]);
});
