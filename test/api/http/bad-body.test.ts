import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { contact as contactField } from '../../../src/api/http/fields.ts';
import { parse } from '../../../src/api/http/read-json.ts';
import {
  appDeps, contact, idOf, json, signIn, tenantBody, ticketBody, untouchable, verifiedTenant,
} from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { makeToken } from '../../support/tokens.ts';

/** An app whose database must not be asked at all, for a query becomes a 500. */
const app = createApp(appDeps(untouchable));

async function post(body: string | Uint8Array, contentType = 'application/json'): Promise<Response> {
  const headers = new Headers({ authorization: `Bearer ${await makeToken()}`, 'Idempotency-Key': randomUUID() });
  if (contentType !== '') headers.set('Content-Type', contentType);
  return app.request('/tenants', { method: 'POST', headers, body: Buffer.from(body) });
}

const deep = (open: string, close: string) => `${open.repeat(10_000)}1${close.repeat(10_000)}`;
const withField = (json: string) => JSON.stringify(tenantBody).replace('{', `{${json},`);

type Refused = readonly [what: string, status: number, body: string | Uint8Array, contentType?: string];
const refused: readonly Refused[] = [
  ['an empty body', 400, ''],
  ['half an object', 400, '{"a":'],
  ['arrays nested 10,000 deep', 400, deep('[', ']')],
  ['objects nested 10,000 deep', 400, deep('{"a":', '}')],
  ['bytes that are not UTF-8', 400, Buffer.from('7b226e616d65223a22ff227d', 'hex')],
  ['null', 422, 'null'],
  ['an array', 422, '[]'],
  ['a text', 422, '"x"'],
  ['a number', 422, '1'],
  ['no Content-Type', 415, '{}', ''],
  ['text/plain', 415, '{}', 'text/plain'],
  ['another charset', 415, '{}', 'application/json; charset=iso-8859-1'],
  ['an own __proto__', 422, withField('"__proto__":{"polluted":true}')],
  ['a nested __proto__', 422, JSON.stringify(tenantBody).replace('"email"', '"__proto__":{"polluted":true},"email"')],
  ['a constructor', 422, withField('"constructor":{"prototype":{"polluted":true}}')],
  ['an unknown key', 422, withField('"rating":"5"')],
  ['an escaped NUL', 422, JSON.stringify({ ...tenantBody, name: 'a\0b' })],
  ['an escaped NUL in a key', 422, withField('"a\\u0000":"1"')],
  ['half a surrogate pair', 422, JSON.stringify({ ...tenantBody, name: 'a\ud800b' })],
  ['a number beyond the largest', 422, withField('"amount":1e400')],
  ['a number that becomes zero', 422, withField('"amount":1e-200000')],
  ['an integer beyond 2^53', 422, withField('"amount":9007199254740993')],
  ['an operator instead of a text', 422, JSON.stringify({ ...tenantBody, name: { $ne: null } })],
  ['a blank name', 422, JSON.stringify({ ...tenantBody, name: ' \u3000 ' })],
  ['a name of two lines', 422, JSON.stringify({ ...tenantBody, name: 'a\r\nBcc: x@y' })],
  ['a name of 121 characters', 422, JSON.stringify({ ...tenantBody, name: 'a'.repeat(121) })],
  ['no country’s code', 422, JSON.stringify({ ...tenantBody, country: 'EU' })],
  ['a currency out of use', 422, JSON.stringify({ ...tenantBody, currency: 'DEM' })],
  ...['CHF', 'JPY', 'GBP', 'BRL', 'XAU'].map((currency) =>
    [`${currency}, in which nothing has a price,`, 422, JSON.stringify({ ...tenantBody, currency })] as const),
  ['a zone of another planet', 422, JSON.stringify({ ...tenantBody, timeZone: 'Mars/X' })],
  ['an offset instead of a zone', 422, JSON.stringify({ ...tenantBody, timeZone: '+05:00' })],
];

describe('a body that can’t be accepted', () => {
  const rows = refused.map(([what, status, body, type = 'application/json']) => [what, status, body, type] as const);
  test.each(rows)('%s is answered with %i and never reaches the database', async (_what, status, body, contentType) => {
    const answer = await post(body, contentType);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    const traceId = expect.stringMatching(/^[0-9a-f]{32}$/) as string;
    expect(await json(answer)).toMatchObject({
      type: expect.stringMatching(/\/problems\/[a-z-]+$/) as string,
      status,
      traceId,
    });
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  test('deep nesting does not stop the event loop', () => {
    const started = performance.now();
    expect(() => parse(deep('[', ']'))).toThrow('nested deeper');
    expect(() => parse('['.repeat(260_000))).toThrow('nested deeper');
    expect(performance.now() - started).toBeLessThan(50);
  });

  test('a problem names the place of each flaw, and repeats no value of the input', async () => {
    const answer = await post(JSON.stringify({ ...tenantBody, country: 'QQ', secretKey: 'secret value' }));
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      errors: [
        { in: 'body', pointer: '/country', detail: 'must be an ISO 3166-1 alpha-2 code' },
        { in: 'body', pointer: '/secretKey', detail: 'is not a field of this request' },
      ],
    });
    expect(text).not.toMatch(/secret value|QQ/);
  });
});

describe('a number', () => {
  test.each(['1e400', '-1e400', '1e-200000', '9007199254740993', '-9007199254740993', '12345678901234567890'])(
    'that would lose its value, such as %s, is refused',
    (source) => {
      expect(() => parse(`{"amount":[${source}]}`)).toThrow(expect.objectContaining({ status: 422 }));
    },
  );

  test.each(['0', '-0', '0e5', '1.5', '1e3', '-0.25', '9007199254740991', '"9007199254740993"', '"1e400 \\" 1e400"'])(
    'that keeps it, such as %s, is not, nor is one inside a text',
    (source) => {
      expect(parse(`{"amount":${source}}`)).toEqual({ amount: JSON.parse(source) as unknown });
    },
  );
});

describe('an e-mail address', () => {
  const bad = [
    'a@b\r\nBcc: x@y',
    '"a@evil x"@good.tld',
    `${'a'.repeat(320)}@example.com`,
    `${'a'.repeat(200_000)}!`,
    `a@${'a.'.repeat(100_000)}!`,
  ];
  test.each(bad.map((email) => [email.slice(0, 20), email]))('like %j is refused within 5 ms', (_start, email) => {
    const refuse = () => {
      const started = process.cpuUsage();
      const read = contactField.safeParse({ ...contact, email });
      expect(read.error?.issues[0]?.path).toEqual(['email']);
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1_000;
    };
    // Our own time, the best of some: a catastrophic pattern is slow every time, a busy machine now and then.
    expect(Math.min(...Array.from({ length: 5 }, refuse))).toBeLessThan(5);
  });
});

describe('what looks dangerous and is not', () => {
  const texts = ['👩‍👩‍👧‍👦 家族', "'; drop table ticket; --", '<script>x</script>', '{{constructor}}', 'São João\u0301'];
  test('is kept as it came', async () => {
    const { sql } = await createDatabase();
    const stored = createApp(appDeps(sql));
    const { tenantId } = await verifiedTenant(stored);
    const customer = await signIn(stored);
    for (const subject of texts) {
      const asked = { ...ticketBody(tenantId), subject, description: `${subject}\n${subject}` };
      const id = await idOf(await customer.post('/tickets', asked));
      const { description } = asked;
      expect(await json(await customer.get(`/tickets/${id}`))).toMatchObject({ subject, description });
    }
  });
});
