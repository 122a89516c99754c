import { expect, test } from 'vitest';
import type { z } from 'zod';
import { createApp } from '../../../src/api/app.ts';
import { email, line, text } from '../../../src/api/http/fields.ts';
import { appDeps, json, signIn, tenantBody, ticketBody, untouchable, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { textsOf } from '../../support/texts-of.ts';

const blanks = ['', ' ', '\u200b', '\u2800', '\u3164', '\u00ad', '\u2060', '\ufeff', '\u115f\u1160', '\uffa0', '\u034f', '\ufe0f', '\u200d\u200c', '\u180e',
  '\u3000\u00a0', '\u{e0020}\u{e007f}', '\u200e\u200f', '\u061c', '\u{1d159}', '\u{13441}', '\u0301',
  '\u2800\u200b \u00ad', '\u1160', '\u17b4\u17b5', '\ue000', '\u{f8ff}', '\u{f0000}', '\ufffc', '\ufffd',
  '\u0378', '\u0301\u0302\u0303', '\u{16fe4}', '\u{e0041}\u{e0042}', '\ufffe'];
const unseen = ['a\ufffe', 'a\uffff', 'a\ufdd0', '\u{1ffff}a', 'a\ufff9b\ufffac\ufffb', 'a\u{e0041}\u{e0042}', '\u{e0001}a', '🏴\u{e0067}a', '👍\u{e0067}\u{e0062}\u{e0065}\u{e007f}'];
const heaps = [
  `a${'\u0301'.repeat(100)}`,
  `a${'\u0301'.repeat(9)}`,
  `ก${'\u0e49'.repeat(50)}`,
  `a${'\u0489'.repeat(20)}`,
];
const reordering = ['Clima\u202e', 'abc\u202e gpj.exe', '\u202aabc', 'a\u202bb', 'a\u202db\u202c', '\u2066a\u2069', '\u2067a', '\u2068a', 'a\u206fb'];
const controls = ['a\u0007', 'a\u001b[31m', 'a\u007f', 'a\u0085b', 'a\u0000b'];
const twoLines = ['a\nb', 'a\r\nBcc: x@y', 'a\u2028b', 'a\u2029b', 'a\vb', 'a\fb'];
const readable = ['Clima Norte', '👩‍👩‍👧‍👦 家族', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '❤️', 'می‌خواهم', 'שלום\u200f', 'العربية\u200e 5', 'नमस्‍ते', 'São João\u0301', '株式会社', '.', '5', 'a\u00adb', 'Łódź', "o'Brien", 'बेंगलुरु', 'བསྒྲུབས', 'בְּרֵאשִׁ֖ית', 'ế', '1️⃣', ' a ', '🏴󠁧󠁢󠁳󠁣󠁴󠁿 x', 'a\ue000', '\u0646\u0645\u06cc\u200c\u0634', 'a\u0378'];

const isTaken = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;
const reasons = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

test.each([
  ['a line', line(200)],
  ['a text', text(200)],
] as const)('%s has to be visible to a reader, in the order in which it is stored', (_what, schema) => {
  for (const blank of blanks) expect([blank, reasons(schema, blank)]).toEqual([blank, ['must not be blank']]);
  for (const one of reordering)
    expect([one, reasons(schema, one)]).toEqual([one, [expect.stringContaining('direction of text') as string]]);
  for (const one of controls) expect([one, isTaken(schema, one)]).toEqual([one, false]);
  for (const one of unseen)
    expect([one, reasons(schema, one)]).toEqual([one, [expect.stringContaining('never shown') as string]]);
  for (const one of heaps)
    expect([one, reasons(schema, one)]).toEqual([one, ['must not have more than 8 combining marks on a letter']]);
  for (const one of readable) expect([one, schema.safeParse(one).data]).toEqual([one, one]);
});

test('a text has lines and tabs, a line has none', () => {
  for (const one of twoLines) expect([one, reasons(line(100), one)]).toEqual([one, ['must be one line']]);
  expect(isTaken(text(100), 'a\r\n\tb')).toBe(true);
  expect(isTaken(line(100), 'a\tb')).toBe(false);
});

test('a text’s length is its code points, whatever they are', () => {
  for (const one of ['a', 'ñ', '👨', '𠮷', '\u{1f3f4}']) {
    expect([one, isTaken(line(20), one.repeat(20)), reasons(line(20), one.repeat(21))]).toEqual([
      one,
      true,
      [expect.stringMatching(/20/)],
    ]);
  }
  expect(isTaken(text(256 * 1_024), '👨'.repeat(256 * 1_024))).toBe(true);
});

/**
 * Texts of providers, whose rules are theirs; opaque positions, which answer 400; and samples of a preview, which
 * nobody stores.
 */
const foreign = / \/webhooks\/|\/(cursor|lastEventId)$|\/props\//;

test('every text that a route takes refuses what a reader cannot see or would read in another order', () => {
  const { definitions } = createApp(appDeps(untouchable)).openAPIRegistry;
  const texts = definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { method, path, request } = definition.route;
    const media = request?.body?.content['application/json'];
    const body = media !== undefined && 'schema' in media ? media.schema : undefined;
    return [
      ...(body === undefined ? [] : textsOf(body, `${method} ${path} body`)),
      ...(request?.query === undefined ? [] : textsOf(request.query, `${method} ${path} query`)),
    ];
  }).filter(([place]) => !foreign.test(place));
  expect(texts.length).toBeGreaterThan(80);
  const taken = texts.flatMap(([place, schema]) =>
    ['\u202egpj', 'a\u202e', 'x\u2066y', 'a\u0007', 'a\ufffe', 'a\u{e0041}', 'a\ufff9', `a${'\u0301'.repeat(100)}`]
      .filter((bad) => isTaken(schema, bad))
      .map((bad) => `${place} takes ${JSON.stringify(bad)}`),
  );
  expect(taken).toEqual([]);
  const blank = texts.flatMap(([place, schema]) =>
    ['\u200b', '\u3164\u2800'].filter((bad) => isTaken(schema, bad)).map(() => place),
  );
  expect([...new Set(blank)].filter((place) => !place.includes('/parts/'))).toEqual([]);
});

const addresses: readonly (readonly [written: string, read: string | RegExp])[] = [
  ['ana@example.com', 'ana@example.com'], ['Ana.Ruiz+x@Example.Com', 'Ana.Ruiz+x@Example.Com'],
  ["o'brien@example.co", "o'brien@example.co"],
  [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  [`${'a'.repeat(65)}@example.com`, /64 characters before the @/],
  ['info@xn--80aswg.xn--p1ai', 'info@xn--80aswg.xn--p1ai'], ['ana@peña.mx', 'ana@xn--pea-8ma.mx'],
  ['ana@pen\u0303a.mx', 'ana@xn--pea-8ma.mx'],
  ['info@сайт.рф', 'info@xn--80aswg.xn--p1ai'], ['ana@PEÑA.MX', 'ana@xn--pea-8ma.mx'],
  ['a@bücher.example', 'a@xn--bcher-kva.example'],
  ['a@例え.テスト', 'a@xn--r8jz45g.xn--zckzah'], [`a@${'b'.repeat(63)}.mx`, `a@${'b'.repeat(63)}.mx`],
  [`a@${'b'.repeat(64)}.mx`, /domain/],
  [`a@${'ñ'.repeat(63)}.mx`, /domain/], ['josé@example.com', /ASCII before the @/], ['a@xn--zz--.com', /domain/],
  ['a@-b.com', /domain/], ['a@b-.com', /domain/],
  ['a@b', /domain/], ['a@b.c', /domain/], ['a@b..com', /domain/], ['a@b.com.', /domain/], ['a@127.0.0.1', /domain/],
  ['a@[127.0.0.1]', /domain/], ['a@ex%61mple.com', /domain/],
  ['a@b.com:25', /domain/], ['a@b\u202e.com', /domain/], ['@b.com', /like/], ['a@', /like/], ['a', /like/],
  ['.a@b.com', /like/], ['a.@b.com', /like/], ['a..b@c.com', /like/],
  ['"a@evil x"@good.tld', /like/], ['a b@c.com', /like/], ['a@b@c.com', /like/], ['a@b\r\nBcc: x@y', /domain|like/],
  [`${'a'.repeat(320)}@example.com`, /254/],
  [`a@${'ñ.'.repeat(80)}mx`, /254/], ['Ana <ana@example.com>', /like|domain/],
  ['ana@example.com,b@example.com', /like/], ['a\u200b@b.com', /ASCII/],
  ['a@xn--a.mx', /domain/], ['a@xn--99999999.com', /domain/], ['a@xn--ab.xn--p1ai', /domain/],
  ['a@xn--example-.com', /domain/], ['a@xn--xn---epa.mx', /domain/], ['a@mx.xn--a', /domain/],
  ['a@straße.de', 'a@xn--strae-oqa.de'], ['a@xn--strae-oqa.de', 'a@xn--strae-oqa.de'], ['a@☃.net', 'a@xn--n3h.net'],
  ['a@x。mx', 'a@x.mx'], ['a@ｅxample.com', 'a@example.com'],
  ['ana＠example.com', /like/], ['a@\u200dx.mx', /domain/], ['a@x.123', /domain/], ['user@localhost', /domain/],
  [' ana@x.mx', /like/], ['ana@x.mx ', /domain/], ['ana@x.mx\n', /domain/],
  ['a@x_y.mx', /domain/], ['mailto:a@x.mx', /like/], ['a@x.mx?bcc=b@x.mx', /like/], [`${'ñ'.repeat(33)}@x.mx`, /ASCII/],
  [`a@${`${'b'.repeat(50)}.`.repeat(5)}mx`, /254/],
];

test.each(addresses)('the address %j is read as %s', (written, read) => {
  const { data, error } = email.safeParse(written);
  if (typeof read === 'string') expect(data).toBe(read);
  else expect(error?.issues[0]?.message).toMatch(read);
});

test('names, subjects and addresses are refused and taken over HTTP alike', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId } = await verifiedTenant(app);
  const user = await signIn(app);
  for (const name of ['\u200b', '\u3164', 'Clima\u202e']) {
    expect((await user.post('/tenants', { ...tenantBody, name })).status).toBe(422);
  }
  const refused = await user.post('/tickets', { ...ticketBody(tenantId), subject: 'abc\u202e gpj.exe' });
  expect([refused.status, (await json(refused))['errors']]).toEqual([
    422,
    [expect.objectContaining({ pointer: '/subject' })],
  ]);
  const contact = { name: 'Ana', locale: 'es' };
  const { email: mail } = await json(await user.post('/users/me/contact', { ...contact, email: 'ana@peña.mx' }));
  expect(mail).toBe('ana@xn--pea-8ma.mx');
});

test('a time zone is one that Node and PostgreSQL know', async () => {
  const { sql } = await createDatabase();
  const user = await signIn(createApp(appDeps(sql)));
  for (const timeZone of ['US/Pacific-New', 'Canada/East-Saskatchewan', 'Mars/X', 'EST5EDT', 'UTC+3', 'America/Mexico_City/', '', 'Etc/Unknown', 'posix/UTC']) {
    expect([timeZone, (await user.post('/tenants', { ...tenantBody, timeZone })).status]).toEqual([timeZone, 422]);
    expect([timeZone, (await user.post('/users/me/preferences', { timeZone })).status]).toEqual([timeZone, 422]);
  }
  for (const timeZone of ['America/Mexico_City', 'UTC', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires']) {
    expect([timeZone, (await user.post('/tenants', { ...tenantBody, timeZone })).status]).toEqual([timeZone, 201]);
  }
});
