import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readReport, RefusedReport } from '../../../src/store/payments/read-report.ts';

const HEADER = 'provider_payment_id,amount_minor,currency,settled_on';
const GOOD = 'a,100,MXN,2026-06-05';

/** What PostgreSQL is sent for a report that comes in these chunks. */
const read = (...chunks: readonly (string | Buffer)[]) =>
  text(Readable.from(chunks.map((chunk) => Buffer.from(chunk as string))).compose(readReport()));
const report = (...lines: readonly string[]) => [HEADER, ...lines, ''].join('\n');
const parsed = async (written: string) => (await read(written)).replaceAll('"', '').trimEnd().split('\n');

test.for<[string, string]>([
  ['a byte order mark', `\ufeff${report(GOOD)}`],
  ['a byte order mark and a quoted header', `\ufeff"provider_payment_id","amount_minor","currency","settled_on"\n${GOOD}\n`],
  ['line ends of Windows', report(GOOD).replaceAll('\n', '\r\n')],
  ['line ends of an old Mac', report(GOOD).replaceAll('\n', '\r')],
  ['no line end at its end', `${HEADER}\n${GOOD}`],
  ['no line end of an old Mac at its end', `${HEADER}\r${GOOD}`],
  ['empty lines at its end', `${report(GOOD)}\n\r\n\n`],
  ['semicolons', report(GOOD).replaceAll(',', ';')],
  ['tabs', report(GOOD).replaceAll(',', '\t')],
  ['quotes around all', report('"a","100","MXN","2026-06-05"')],
  ['quotes around some', report('"a",100,"MXN",2026-06-05')],
])('a report with %s is read', async ([, written]) => {
  expect(await parsed(written)).toEqual([GOOD]);
});

test.for<[string, string]>([
  ['a refund', 'a,-100,MXN,2026-06-05'], ['a fee', 'a,0,MXN,2026-06-05'], ['a fee of no payment', ',-5,MXN,2026-06-05'], ['a leap day', 'a,1,MXN,2028-02-29'],
  ['the largest amount', 'a,1000000000000,MXN,2026-06-05'], ['an id that looks like the end of a copy', '\\.,1,MXN,2026-06-05'], ['an id with a backslash', 'a\\n,1,MXN,2026-06-05'],
  ['an id in other letters', 'ñandú-株,1,MXN,2026-06-05'], ['an id of several words', 'Monthly fee,-1,MXN,2026-06-05'],
])('%s is a line', async ([, line]) => {
  expect(await parsed(report(line))).toEqual([line]);
});

test('separators and quotes inside quotes are the id’s own', async () => {
  expect(await read(report('"a,b;c",1,MXN,2026-06-05', '"say ""a""",1,MXN,2026-06-05', '"",-1,MXN,2026-06-05', '"x;y",1,MXN,2026-06-05')))
    .toBe('"a,b;c",1,MXN,2026-06-05\n"say ""a""",1,MXN,2026-06-05\n,-1,MXN,2026-06-05\n"x;y",1,MXN,2026-06-05\n');
  expect(await parsed(report('a,b;1;MXN;2026-06-05').replace(HEADER, HEADER.replaceAll(',', ';')))).toEqual(['a,b,1,MXN,2026-06-05']);
});

const amounts = ['0x64', '1_000', ' 100 ', '100 ', ' 100', '+100', '1e3', '١٢٣', '１００', '100.0', '100,00', '1.000', '', '-', '--1', '-0', '007', '1000000000001', '9223372036854775808', '-1000000000001',
  'NaN', 'infinity', 'null', '0b11', '0o7', '1 000', '\u00a0100', '$100', '100\u200b', '1'.repeat(500)];
const days = ['05/06/2026', 'today', 'infinity', '-infinity', 'epoch', '20260605', 'now', 'yesterday', '2026-6-5', '2026-02-30', '2026-02-29', '2026-13-01', '2026-00-10', '2026-06-00', '26-06-05',
  '2026-06-05T00:00:00Z', '2026-06-05 ', ' 2026-06-05', '2026/06/05', '2026-156', '2026-W23-5', 'June 5, 2026', '', '+002026-06-05', '1969-12-31', '2200-01-01', '٢٠٢٦-٠٦-٠٥', 'J2461197', '2026-06-05BC'];
const currencies = ['mxn', 'MX', 'MXNN', '', ' MXN', 'MXN ', 'M1N', 'МХН', '$'];

test.for<[string, string, readonly string[]]>([
  ['amount_minor', 'a,?,MXN,2026-06-05', amounts], ['settled_on', 'a,1,MXN,?', days], ['currency', 'a,1,?,2026-06-05', currencies],
])('what is no %s is refused with its line and column, and not repeated', async ([column, line, bad]) => {
  for (const value of bad) {
    const quoted = value.includes(',') ? `"${value}"` : value;
    const error = await read(report(GOOD, line.replace('?', quoted), GOOD)).catch((thrown: unknown) => thrown);
    expect([value, error]).toEqual([value, expect.objectContaining({ name: 'RefusedReport', line: 3 })]);
    expect((error as RefusedReport).message).toMatch(new RegExp(`^line 3, ${column} must be `));
    if (value.length > 3 && !/MXN|26-06-05/.test(value)) expect((error as RefusedReport).message).not.toContain(value);
  }
});

test.for<[string, string | Buffer, string]>([
  ['nothing', '', 'line 1 must be the header'],
  ['another header', 'id,amount,currency,day\n', 'line 1, column 1 must be provider_payment_id'],
  ['a column in another place', 'provider_payment_id,currency,amount_minor,settled_on\n', 'line 1, column 2 must be amount_minor'],
  ['a header in capitals', `${HEADER.toUpperCase()}\n`, 'line 1, column 1 must be'],
  ['a column too many', `${HEADER},x\n`, 'line 1 has 5 columns, not 4'],
  ['bars between', `${HEADER.replaceAll(',', '|')}\n`, 'line 1, column 1'],
  ['no header', `${GOOD}\n`, 'line 1, column 1'],
  ['UTF-16', Buffer.from(`\ufeff${report(GOOD)}`, 'utf16le'), 'line 1 is UTF-16; save the report as UTF-8'],
  ['UTF-16 of the other order', Buffer.from(`\ufeff${report(GOOD)}`, 'utf16le').swap16(), 'line 1 is UTF-16'],
  ['UTF-16 without a mark', Buffer.from(report(GOOD), 'utf16le'), 'line 1 is UTF-16'],
  ['a ZIP', Buffer.from('504b0304140000000800', 'hex'), 'line 1 is compressed; send the report as text'],
  ['gzip', gzipSync(report(GOOD)), 'line 1 is compressed'],
  ['a page of HTML', '<html><body>Sign in</body></html>', 'line 1, column 1 must be provider_payment_id'],
  ['bytes of Latin-1', Buffer.from(report('ñ,1,MXN,2026-06-05'), 'latin1'), 'line 2, provider_payment_id must be UTF-8'],
  ['an id that turns text around', report('a\u202eb,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not have characters that change the direction'],
  ['an id of nothing to see', report('\u200b,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not be blank'],
  ['an id with a noncharacter', report('a\ufffe,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not have characters that are never shown'],
  ['an id of two lines', report('a\u2028b,1,MXN,2026-06-05'), 'line 2, provider_payment_id must be one line'],
  ['a NUL in an id', report('a\0b,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not have control characters'],
  ['a line that is too short', report(GOOD, 'a,1,MXN'), 'line 3 has 3 columns, not 4'],
  ['a line that is too long', report(GOOD, `${GOOD},x`), 'line 3 has 5 columns, not 4'],
  ['a comma at the end', report(`${GOOD},`), 'line 2 has 5 columns, not 4'],
  ['another separator than its header', report(GOOD, GOOD.replaceAll(',', ';')), 'line 3 has 1 columns, not 4'],
  ['an empty line', report(GOOD, '', GOOD), 'line 3 is empty'],
  ['a line of spaces', report(GOOD, '   '), 'line 3 has 1 columns, not 4'],
  ['the end of a copy', report(GOOD, '\\.', GOOD), 'line 3 has 1 columns, not 4'],
  ['the end of a copy as its last line', `${report(GOOD)}\\.`, 'line 3 has 1 columns, not 4'],
  ['the end of a copy on Windows', report(GOOD, '\\.', GOOD).replaceAll('\n', '\r\n'), 'line 3 has 1 columns, not 4'],
  ['no id of a payment', report(',1,MXN,2026-06-05'), 'line 2, provider_payment_id must not be empty'],
  ['a quoted empty id of a payment', report('"",1,MXN,2026-06-05'), 'line 2, provider_payment_id must not be empty'],
  ['an id of 201 characters', report(`${'x'.repeat(201)},1,MXN,2026-06-05`), 'line 2, provider_payment_id must have at most 200'],
  ['an id with a space before it', report(' a,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not begin or end with a space'],
  ['an id with a NUL', report('a\0b,1,MXN,2026-06-05'), 'line 2, provider_payment_id must not have control'],
  ['an id that is not UTF-8', Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.from([0xf1]), Buffer.from(',1,MXN,2026-06-05\n')]), 'line 2, provider_payment_id must be UTF-8'],
  ['quotes that do not close', report('"a,1,MXN,2026-06-05', GOOD), 'line 2, column 1 has quotes that do not close'],
  ['an id of two lines', report('"a\nb",1,MXN,2026-06-05'), 'line 2, column 1 has quotes that do not close'],
  ['text after quotes', report('"a"b,1,MXN,2026-06-05'), 'line 2, column 1 has text after its quotes'],
  ['a quote inside', report('a"b,1,MXN,2026-06-05'), 'line 2, column 1 has a quote inside'],
  ['a mark in the middle', report(GOOD, `\ufeffa,1,MXN,2026-06-05`), 'line 3, provider_payment_id must not begin'],
  ['a line that never ends', `${HEADER}\n${'x'.repeat(100_000)}`, 'line 2 has more than 4096 bytes'],
  ['mixed line ends', `${HEADER}\r${GOOD}\n`, 'line 2, settled_on'],
  ['a page of HTML', '<!doctype html>\n<html>', 'line 1, column 1'],
])('a report with %s is refused with its place', async ([, written, message]) => {
  await expect(read(written)).rejects.toThrow(message);
  const bytes = [...Buffer.from(written as string)].map((byte) => Buffer.from([byte]));
  if (bytes.length < 2_000) await expect(read(...bytes)).rejects.toThrow(message);
});

test('chunks may end anywhere', async () => {
  const written = `\ufeff${report('ñ,1,MXN,2026-06-05', GOOD, '"a,b",-2,EUR,2026-06-06').replaceAll('\n', '\r\n')}`;
  const whole = await read(written);
  const bytes = Buffer.from(written);
  for (const size of [1, 2, 3, 7, 31]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, nth) => bytes.subarray(nth * size, (nth + 1) * size));
    expect(await read(...chunks)).toBe(whole);
  }
});

test('a report of a million lines is read in seconds', async () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `pay-${index},${10_000 + index},MXN,2026-06-0${1 + (index % 9)}\n`).join('');
  const started = process.cpuUsage();
  let bytes = 0;
  for await (const chunk of Readable.from([`${HEADER}\n`, ...Array<string>(1_000).fill(lines)].map((part) => Buffer.from(part))).compose(readReport())) {
    bytes += (chunk as Buffer).length;
  }
  expect(bytes).toBe(Buffer.byteLength(lines) * 1_000);
  expect(process.cpuUsage(started).user / 1_000_000).toBeLessThan(5);
});
