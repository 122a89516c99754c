import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type PagesOptions, servePages } from '../../dev/demo/pages/serve-pages.ts';
import { type Person, tokenIssuer } from '../../dev/demo/people.ts';
import { createDatabase } from '../support/database.ts';
import { openSse } from '../support/sse.ts';
import { deliver, serve } from '../support/streaming.ts';
import { tokenConfig } from '../support/tokens.ts';
import { until } from '../support/until.ts';

const HOSTILE = `<img src=x onerror="alert('1')">&`;

const person: Person = {
  userId: randomUUID(), title: 'customer', push: 'fcm', phone: '+528112345678',
  contact: { name: `Daniel ${HOSTILE}`, email: 'daniel@example.com', locale: 'en' },
};
const at = new Date().toISOString();
const taken = { userId: person.userId, notificationId: randomUUID(), at };

async function open(overrides: Partial<PagesOptions> = {}) {
  const pages = await servePages({
    apiUrl: 'http://127.0.0.1:9', issueToken: tokenIssuer(tokenConfig.JWT_SECRET), people: [person],
    phones: {
      pushes: async () => [{ ...taken, by: 'fcm', title: HOSTILE, body: HOSTILE }],
      messages: async () => [{ ...taken, messageId: HOSTILE, text: HOSTILE }],
    },
    receipts: { statusOf: () => 'read' },
    encores: [{ title: HOSTILE, run: async () => undefined }],
    links: { [HOSTILE]: `http://127.0.0.1/?${HOSTILE}` },
    ...overrides,
  });
  onTestFinished(() => pages[Symbol.asyncDispose]());
  return pages.url;
}

/** The pages before an API of its own, and what the person asks by way of them. */
async function openBeforeApi() {
  const { sql } = await createDatabase();
  const { port } = await serve(sql);
  const url = await open({ apiUrl: `http://127.0.0.1:${port}` });
  const said: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}/customer/api/notifications/${path}`, init);
    const body = await answer.text();
    said.push(body, ...[...answer.headers].flat());
    return { status: answer.status, body: body && (JSON.parse(body) as Readonly<Record<string, unknown>>) };
  };
  return { sql, url, said, ask };
}

const paths = ['/', '/customer', '/customer/inbox'];

test.for(paths)('the page %s escapes what it shows', async (path) => {
  const page = await (await fetch(`${await open()}${path}`)).text();
  expect(page).toContain('&lt;img');
  expect(page).not.toContain('<img');
  expect(page).not.toContain(`onerror="`);
});

test.for(paths)('the page %s lets in its own style and script, and nothing else', async (path) => {
  const answer = await fetch(`${await open()}${path}`);
  const page = await answer.text();
  const hashOf = (tag: string) => {
    const [, text = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page) ?? [];
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const policy = answer.headers.get('content-security-policy')?.split('; ');
  expect(policy).toEqual(expect.arrayContaining([
    "default-src 'none'", `script-src ${hashOf('script')}`, `style-src ${hashOf('style')}`, "connect-src 'self'",
  ]));
  expect(page).not.toMatch(/ style="|https:/);
});

test('a person reads the inbox and marks it read by the pages, which never show the token that opens it', async () => {
  const { sql, url, said, ask } = await openBeforeApi();
  const id = await deliver(sql, person.userId);
  await deliver(sql, randomUUID());
  const { body } = await ask('me?limit=10');
  expect(body).toMatchObject({ notifications: [{ id }], unread: 1 });
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID(), origin: url };
  const read = { method: 'POST', headers, body: JSON.stringify({ ids: [id] }) };
  expect(await ask('read', read)).toEqual({ status: 200, body: { read: 1, unread: 0 } });
  expect(await ask('read', read)).toEqual({ status: 200, body: { read: 1, unread: 0 } }); // the key went along
  expect((await ask('me?limit=many')).status).toBe(422);
  for (const path of paths) said.push(await (await fetch(`${url}${path}`)).text());
  const token = /eyJ[\w-]+\.|bearer/i;
  expect(said.filter((text) => token.test(text))).toEqual([]);
});

test('a stream that comes back brings what it missed, once', async () => {
  const { sql, url } = await openBeforeApi();
  const stream = `${url}/customer/api/notifications/stream`;
  const first = await openSse({ url: stream, token: 'of the page: not passed on' });
  const seen = await deliver(sql, person.userId);
  await until('the first is seen', () => first.ids().length === 1);
  await first.close();
  const missed = await deliver(sql, person.userId);
  const second = await openSse({ url: stream, token: '', lastEventId: first.lastId });
  await until('the missed one is seen', () => second.ids().length === 1);
  expect([first.ids(), second.ids()]).toEqual([[seen], [missed]]);
});

test('a stream is cut, not refused, while the API is away: a browser comes back to it', async () => {
  const answer = fetch(`${await open()}/customer/api/notifications/stream`);
  await expect(answer).rejects.toThrow('fetch failed');
});

test.for([
  ['GET', '/customer/api/notifications/other'],
  ['GET', '/customer/api/notifications/me/../../users/me'],
  ['GET', '/customer/api/notifications/read'],
  ['POST', '/customer/api/notifications/me'],
  ['DELETE', '/customer/api/notifications/read'],
  ['GET', '/customer/api/backoffice/events/outbox'],
  ['GET', '/stranger/api/notifications/me'],
  ['GET', '/stranger'],
  ['GET', '/encores/0'],
  ['POST', '/encores/1'],
] as const)('%s %s leads nowhere', async ([method, path]) => {
  const url = await open();
  expect(await statusOf(url, { method, path, headers: { origin: url } })).toBe(404);
});

test('an encore is performed for the page, and for no page of a stranger', async () => {
  let performed = 0;
  const url = await open({ encores: [{ title: 'Again', run: async () => void (performed += 1) }] });
  const encore = { method: 'POST', path: '/encores/0' };
  expect(await statusOf(url, encore)).toBe(403);
  expect(await statusOf(url, { ...encore, headers: { origin: 'https://stranger.example' } })).toBe(403);
  expect(await statusOf(url, { method: 'GET', path: '/', headers: { host: 'stranger.example' } })).toBe(403);
  expect(performed).toBe(0);
  expect(await statusOf(url, { ...encore, headers: { origin: url } })).toBe(204);
  expect(performed).toBe(1);
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks with the path and the headers as they are, which fetch would not do. */
async function statusOf(url: string, { method, path, headers = {} }: Asked): Promise<number | undefined> {
  const asking = request(url, { method, path, headers });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}
