import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { running } from '../../../src/api/http/command.ts';
import { outdated, Problem, problemDocument, toProblem } from '../../../src/api/http/problem.ts';
import { codeOf, problemCodes, problemTypes } from '../../../src/api/http/problem-types.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';
import { appDeps, json, signIn, tenantBody, ticketBody, untouchable } from '../../support/app.ts';

const replied = (code: string) =>
  Object.assign(new Error('secret'), { name: 'PostgresError', code, severity: 'ERROR' });
const withCode = (code: string) => Object.assign(new Error('secret'), { code });

test.for<[string, unknown]>([
  ...[
    '08P01', '53100', '53200', '53400', '57P01', '57P05', '58030', '08001', '08004', '25P03', '25006', '55P03', '40P01',
    '40001', '57014',
  ].map((code): [string, unknown] => [code, replied(code)]),
  ...['ECONNABORTED', 'ENETDOWN', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'CONNECTION_CLOSED', 'TRANSACTION_LOST']
    .map((code): [string, unknown] => [code, withCode(code)]),
  ['a wrapped error', new Error('Failed query', { cause: replied('57P03') })],
  ['a refusal of Redis', Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' })],
  ['an unavailable document store', new Unavailable('the document store cannot be reached')],
])('%s is answered with 503 and a time to try again', ([, error]) => {
  const { status, message, headers } = toProblem(error);
  expect([status, headers['Retry-After']]).toEqual([503, '2']);
  expect(message).not.toContain('secret');
});

test.for(['23505', '42703', '22P02', '22021', 'XX000'])('%s, a fault, is answered with 500', (code) => {
  expect(toProblem(replied(code)).status).toBe(500);
});

describe('a kind of problem', () => {
  const app = createApp(appDeps(untouchable));

  test.for(problemCodes)('%s is explained at its type, in a page that needs no token', async (code) => {
    const { title, status, cause, advice } = problemTypes[code];
    const { type } = problemDocument(new Problem(status, 'x', { code }), 'http://localhost/');
    const answer = await app.request(type);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const page = await answer.text();
    for (const text of [title, code, String(status), cause, advice]) expect(page).toContain(text);
  });

  test('that does not exist has no page, and the list has each one', async () => {
    for (const code of ['nope', 'constructor', '__proto__'])
      expect((await app.request(`/problems/${code}`)).status).toBe(404);
    const list = await (await app.request('/problems')).text();
    for (const code of problemCodes) expect(list).toContain(`/problems/${code}`);
  });

  test('of a status that has several is named by what happened', async () => {
    expect(codeOf(409)).toBe('state-conflict');
    expect(running().code).toBe('request-in-progress');
    expect(outdated('x').code).toBe('preview-outdated');
    const user = await signIn(app);
    const codes = await Promise.all([
      user.get('/notifications/me?cursor=x'), user.post('/tenants', '{"a":'), user.post('/tenants', tenantBody, ''),
      user.get('/nope'),
    ].map(async (answer) => (await json(await answer))['code']));
    expect(codes).toEqual(['invalid-cursor', 'malformed-request', 'invalid-idempotency-key', 'not-found']);
  });
});

describe('a flaw', () => {
  const app = createApp(appDeps(untouchable));
  const quote = `/tickets/${randomUUID()}/quotes`;
  const line = { description: 'x', quantity: 1, unitPriceMinor: 1 };
  const body = { lines: [line], currency: 'MXN', validUntil: '2027-01-01T00:00:00Z' };

  test.for<[string, string, object, string, string]>([
    ['a text that is too long', '/tenants', { ...tenantBody, name: 'x'.repeat(121) }, '/name', 'must have at most 120 characters'],
    ['a list that is too long', quote, { ...body, lines: Array(101).fill(line) }, '/lines', 'must have at most 100 items'],
    ['a list that is too short', quote, { ...body, lines: [] }, '/lines', 'must have at least 1 item'],
    ['a number that is too large', quote, { ...body, lines: [{ ...line, quantity: 1_000_001 }] }, '/lines/0/quantity', 'must be at most 1000000'],
    ['a number that is too small', quote, { ...body, lines: [{ ...line, quantity: 0 }] }, '/lines/0/quantity', 'must be at least 1'],
    ['a broken number', quote, { ...body, lines: [{ ...line, quantity: 1.5 }] }, '/lines/0/quantity', 'must be a whole number'],
    ['a text for a number', quote, { ...body, lines: [{ ...line, quantity: '1' }] }, '/lines/0/quantity', 'must be a number'],
    ['a number for a text', '/tenants', { ...tenantBody, name: 7 }, '/name', 'must be a text'],
    ['null for an object', '/tenants', { ...tenantBody, contact: null }, '/contact', 'must be an object'],
    ['a missing field', '/tenants', { ...tenantBody, name: undefined }, '/name', 'is required'],
    ['a missing field within', '/tenants', { ...tenantBody, contact: { name: 'Ana', locale: 'es' } }, '/contact/email', 'is required'],
    ['a value that is not of the list', '/tenants', { ...tenantBody, contact: { ...tenantBody.contact, locale: 'fr' } }, '/contact/locale', 'must be one of es, en'],
    ['an instant without a zone', quote, { ...body, validUntil: '2027-01-01T00:00:00' }, '/validUntil', 'must be an instant with its zone, such as 2026-11-24T09:30:00Z'],
    ['an id that is none', '/tickets', { ...ticketBody('7') }, '/tenantId', 'must be a UUID'],
    ['an unknown field', '/tenants', { ...tenantBody, rating: 5 }, '/rating', 'is not a field of this request'],
    ['an unknown field within', quote, { ...body, lines: [{ ...line, note: 'x' }] }, '/lines/0/note', 'is not a field of this request'],
    ['a field with slashes in its name', '/tenants', { ...tenantBody, 'a/b~c': 1 }, '/a~1b~0c', 'is not a field of this request'],
    ['a field whose name is a text', '/tenants', { ...tenantBody, 'call me at once': 1 }, '', 'has a field that this request does not have'],
    ['an unknown form of a device', '/users/me/devices', { platform: 'apns' }, '/platform', 'must be one of fcm, web'],
    ['a body of no form', '/users/me/devices', { platform: 'web' }, '/endpoint', 'is required'],
    ['a body of several forms', '/notifications/read', { ids: [], upTo: 'x', all: true }, '', 'does not fit any form that is accepted here'],
    ['an array for an object', '/tenants', [], '', 'must be an object'],
  ])('%s is told in our own words, with a pointer to it', async ([, path, sent, pointer, detail]) => {
    const someone = await signIn(app, { roles: ['user', 'tenant'], tenantId: randomUUID() });
    const problem = await json(await someone.post(path, sent));
    expect(problem).toMatchObject({ status: 422, code: 'invalid-request' });
    expect(problem['errors']).toContainEqual({ in: 'body', pointer, detail });
    expect(JSON.stringify(problem)).not.toMatch(/Invalid|expected|received|Too (big|small)|Unrecognized/);
  });

  test('of a query names the parameter', async () => {
    const { errors } = await json(await (await signIn(app)).get('/notifications/me?limit=0&page=2'));
    expect(errors).toEqual([
      { in: 'query', pointer: '/limit', detail: 'must be at least 1' },
      { in: 'query', pointer: '/page', detail: 'is not a parameter of this request' },
    ]);
  });

  test.for([
    ['/notifications/me?limit=1&limit=2', '/limit'], ['/notifications/me?cursor=a&cursor=b', '/cursor'],
    ['/rankings/roma-norte?category=plumbing&category=locks', '/category'],
  ] as const)('of a query says that a parameter is there twice, as in %s', async ([path, pointer]) => {
    const { status, errors } = await json(await (await signIn(app)).get(path));
    expect({ status, errors }).toEqual({
      status: 422,
      errors: [{ in: 'query', pointer, detail: 'must be given once' }],
    });
  });
});
