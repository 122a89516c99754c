import { gunzipSync, brotliDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { accessRules } from '../../../src/api/http/access-rules.ts';
import { createApp } from '../../../src/api/app.ts';
import { readConfig } from '../../../src/config.ts';
import { appConfig, appDeps, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { deliver, serve, someone } from '../../support/streaming.ts';
import { makeToken } from '../../support/tokens.ts';

const SHOP = 'https://shop.example';
const stores = { DATABASE_URL: 'postgres://127.0.0.1/db', REDIS_URL: 'redis://127.0.0.1' };
const appWith = (origins: readonly string[] = []) =>
  createApp(appDeps(untouchable, { config: { ...appConfig, CORS_ORIGINS: origins } }));

describe('an answer', () => {
  const app = appWith();
  const ask = (path: string, encodings: string | undefined, method = 'GET') =>
    app.request(path, { method, headers: encodings === undefined ? {} : { 'Accept-Encoding': encodings } });

  test.for<[string, string | undefined, string | null]>([
    ['no header', undefined, null], ['gzip', 'gzip', 'gzip'], ['a browser’s list', 'gzip, deflate, br, zstd', 'br'],
    ['brotli', 'br', 'br'], ['any', '*', 'br'], ['upper case', 'GZIP', 'gzip'], ['identity', 'identity', null],
    ['others', 'zstd, compress', null],
    ['gzip refused', 'gzip;q=0', null], ['brotli refused', 'br;q=0, gzip', 'gzip'],
    ['all but gzip refused', '*;q=0, gzip;q=0.5', 'gzip'],
    ['gzip preferred', 'br;q=0.1, gzip;q=0.9', 'gzip'], ['nonsense', ';;;=,', null],
  ])('is compressed as the client asks: %s', async ([, encodings, expected]) => {
    const answer = await ask('/openapi.json', encodings);
    expect([answer.status, answer.headers.get('Content-Encoding')]).toEqual([200, expected]);
    expect(answer.headers.get('Vary')).toContain('Accept-Encoding');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const plain = expected === 'gzip' ? gunzipSync(bytes) : expected === 'br' ? brotliDecompressSync(bytes) : bytes;
    expect(JSON.parse(Buffer.from(plain).toString())).toHaveProperty('openapi');
    if (expected !== null) expect(bytes.byteLength).toBeLessThan(plain.byteLength / 5);
  });

  const tagged = ['/openapi.json', '/asyncapi.json', '/docs/swagger-ui.css'];
  test.for(tagged)('of %s is not sent again while it is the same', async (path) => {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const headers = { 'Accept-Encoding': encoding };
      const tag = (await app.request(path, { headers })).headers.get('ETag') ?? '';
      expect(tag).toMatch(/^(W\/)?"[^"]+"$/);
      for (const ifNoneMatch of [tag, `"other", ${tag}`, tag.replace('W/', '')]) {
        const again = await app.request(path, { headers: { ...headers, 'If-None-Match': ifNoneMatch } });
        expect([again.status, await again.text(), again.headers.get('Vary')]).toEqual([304, '', 'Accept-Encoding']);
      }
      const other = await app.request(path, { headers: { ...headers, 'If-None-Match': '"other"' } });
      expect(other.status).toBe(200);
    }
  });

  test('is stored by no cache, unless it is the same for everybody', async () => {
    const cached = async (path: string) => (await app.request(path)).headers.get('Cache-Control');
    for (const path of ['/notifications/me', '/nope', '/livez', '/']) expect(await cached(path)).toBe('no-store');
    for (const path of ['/openapi.json', '/asyncapi.json']) expect(await cached(path)).toBe('no-cache');
    for (const path of ['/docs/swagger-ui.css', '/problems']) expect(await cached(path)).toMatch(/^public/);
  });

  test('that is small, that is no text, or that has no body stays as it is', async () => {
    const small = await ask('/nope', 'gzip');
    expect([small.headers.get('Content-Encoding'), ((await small.json()) as { status: number }).status]).toEqual([
      null,
      404,
    ]);
    expect(small.headers.get('Vary')).toContain('Accept-Encoding');
    const head = await ask('/openapi.json', 'gzip', 'HEAD');
    expect([head.status, head.headers.get('Content-Encoding'), await head.text()]).toEqual([200, null, '']);
  });

  test('that is a stream is not compressed, and arrives at once', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { userId, token } = await someone();
    const leave = new AbortController();
    const headers = { Authorization: `Bearer ${token}`, 'Accept-Encoding': 'gzip, br' };
    const answer = await fetch(url, { headers, signal: leave.signal });
    expect([answer.status, answer.headers.get('Content-Encoding')]).toEqual([200, null]);
    const reader = answer.body?.getReader();
    let text = '';
    await deliver(sql, userId, { body: 'Hay un presupuesto.' });
    while (!text.includes('Hay un presupuesto.')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(text).toContain('event: notification');
    leave.abort();
  });

  test('that a cache has already is not sent again, compressed or not', async () => {
    const path = '/backoffice/ui/assets/backoffice.css';
    const first = await ask(path, 'gzip');
    expect([first.status, first.headers.get('Content-Encoding')]).toEqual([200, 'gzip']);
    const tag = first.headers.get('ETag') ?? '';
    expect(tag).toMatch(/^W\//);
    for (const encodings of ['gzip', 'identity']) {
      const again = await app.request(path, { headers: { 'If-None-Match': tag, 'Accept-Encoding': encodings } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  test('of every route that has GET is there for HEAD, without a body', async () => {
    const routes = Object.keys(accessRules).filter(
      (route) => route.startsWith('GET ') && !route.includes('/ui/') && !route.endsWith('/backoffice'),
    );
    const id = '01a20c92-6087-7293-a06e-3edddc1b4fa2';
    const authorization = `Bearer ${await makeToken({ roles: ['user', 'tenant', 'backoffice:read'], tenantId: id })}`;
    for (const route of routes) {
      const path = route.slice(4).replaceAll(/:\w+/g, id);
      const [head, get] = await Promise.all(
        ['HEAD', 'GET'].map((method) => app.request(path, { method, headers: { authorization } })),
      );
      expect([route, head?.status]).toEqual([route, route.endsWith('/stream') ? 200 : get?.status]);
      expect(await head?.text()).toBe('');
      await get?.body?.cancel();
    }
  });
});

describe('another origin', () => {
  const from = (origin: string, headers = {}) => ({ headers: { Origin: origin, ...headers } });
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    ...from(origin, { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' }),
  });

  test('may not read anything when none is set', async () => {
    const app = appWith();
    expect((await app.request('/tickets', preflight(SHOP))).status).toBe(405);
    const answer = await app.request('/openapi.json', from(SHOP));
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.for([
    'https://shop.example.evil',
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:444',
    'https://SHOP.example',
    'null',
    'https://sub.shop.example',
  ])('like %s is not the one that is set', async (origin) => {
    const app = appWith([SHOP]);
    expect((await app.request('/tickets', preflight(origin))).status).toBe(405);
    const answer = await app.request('/openapi.json', from(origin));
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(answer.headers.get('Vary')).toContain('Origin');
  });

  test('that is set may ask, and read the headers that clients need, of problems as well', async () => {
    const app = appWith(['https://other.example', SHOP]);
    const asked = await app.request('/tickets', preflight(SHOP));
    expect([asked.status, asked.headers.get('Access-Control-Allow-Origin')]).toEqual([204, SHOP]);
    expect(asked.headers.get('Access-Control-Allow-Methods')).toContain('POST');
    for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID']) {
      expect(asked.headers.get('Access-Control-Allow-Headers')).toContain(name);
    }
    for (const path of ['/openapi.json', '/nope', '/notifications/me']) {
      const answer = await app.request(path, from(SHOP));
      expect([path, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([path, SHOP]);
      expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull();
      for (const name of [
        'Location',
        'Retry-After',
        'RateLimit-Remaining',
        'Idempotency-Replayed',
        'Trace-Id',
        'Allow',
        'Content-Disposition',
      ]) {
        expect(answer.headers.get('Access-Control-Expose-Headers')).toContain(name);
      }
      expect(answer.headers.get('Vary')).toContain('Origin');
    }
    expect((await app.request('/openapi.json')).headers.get('Vary')).toContain('Origin');
    expect(asked.headers.get('Trace-Id')).not.toBeNull();
  });

  test.for([
    [401, 'GET', '/notifications/me'], [404, 'GET', '/nope'], [405, 'DELETE', '/tickets'], [415, 'POST', '/tickets'],
    [422, 'GET', '/notifications/me?limit=x'], [429, 'GET', '/'], [500, 'GET', '/notifications/me'],
  ] as const)('that is set may read a %d', async ([status, method, path]) => {
    const used = { take: () => Promise.resolve({ allowed: false, limit: 1, remaining: 0, resetSeconds: 60 }) };
    const limits = status === 429 ? { limits: { address: used, user: used } } : {};
    const app = createApp(appDeps(untouchable, { config: { ...appConfig, CORS_ORIGINS: [SHOP] }, ...limits }));
    const authorization = status === 401 ? 'Bearer x' : `Bearer ${await makeToken({})}`;
    const answer = await app.request(path, { method, ...from(SHOP, { authorization }) });
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([status, SHOP]);
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  });

  test('gets no session of the backoffice: a sign-in from another site is refused', async () => {
    const answer = await appWith([SHOP]).request('/backoffice/sign-in', {
      method: 'POST',
      ...from(SHOP),
      body: new URLSearchParams({ token: 'x' }),
    });
    expect(answer.status).toBe(403);
  });

  test.for([
    '*',
    'https://*.example',
    'https://shop.example/',
    'https://shop.example/path',
    'shop.example',
    'https://shop.example,',
    'null',
    'https://u:p@shop.example',
    'ftp://shop.example',
    'HTTPS://shop.example',
  ])('cannot be set as %s', (written) => {
    expect(() => readConfig(['CORS_ORIGINS'], { ...stores, CORS_ORIGINS: written })).toThrow(/CORS_ORIGINS/);
  });

  test('can be set as a list of exact origins', () => {
    const { CORS_ORIGINS } = readConfig(['CORS_ORIGINS'], { ...stores, CORS_ORIGINS: `${SHOP},http://localhost:5173` });
    expect(CORS_ORIGINS).toEqual([SHOP, 'http://localhost:5173']);
    expect(readConfig(['CORS_ORIGINS'], stores).CORS_ORIGINS).toEqual([]);
  });
});
