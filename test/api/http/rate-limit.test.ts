import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Context } from 'hono';
import { createApp } from '../../../src/api/app.ts';
import { addressOf } from '../../../src/api/http/client-address.ts';
import type { Env } from '../../../src/api/http/context.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openRateLimit, type RateLimit } from '../../../src/platform/rate-limit.ts';
import { openRedis, whenReady } from '../../../src/platform/redis.ts';
import { appConfig, appDeps, json, signIn, tenantBody, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { isolatedRedis, redisPrefix } from '../../support/redis.ts';

const log = openLog({ process: 'test', level: 'silent' });

async function connect(url: string) {
  const redis = openRedis({ url, name: 'test', log });
  onTestFinished(() => redis.disconnect());
  return whenReady(redis);
}

const generous = { perMinute: 1_000 };

describe('a user', () => {
  test('who asks too often gets 429 and when to come back; another does not', async () => {
    const { url, prefix } = redisPrefix();
    const redis = await connect(url);
    const address = openRateLimit({ redis, prefix, name: 'address', ...generous });
    const user = openRateLimit({ redis, prefix, name: 'user', perMinute: 3 });
    const app = createApp(appDeps(untouchable, { limits: { address, user } }));
    const [eager, calm] = [await signIn(app), await signIn(app)];
    const answers = [];
    for (let asked = 0; asked < 5; asked += 1) answers.push(await eager.get('/notifications/me?limit=0'));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 429, 429]);
    expect(answers.map(({ headers }) => headers.get('RateLimit-Remaining'))).toEqual(['2', '1', '0', '0', '0']);
    expect(Number(answers[4]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await calm.get('/notifications/me?limit=0')).status).toBe(422);
    for await (const keys of redis.scanStream({ match: `${prefix}*` })) {
      for (const key of keys as string[]) {
        expect(await redis.ttl(key)).toBeGreaterThan(0);
        expect(key).not.toContain(eager.userId);
      }
    }
  });

  test('is counted exactly, however many ask at once', async () => {
    const { url, prefix } = redisPrefix();
    const limit = openRateLimit({ redis: await connect(url), prefix, name: 'user', perMinute: 20 });
    const taken = await Promise.all(Array.from({ length: 100 }, () => limit.take('ana')));
    expect(taken.filter((allowance) => allowance?.allowed === true)).toHaveLength(20);
  });
});

describe('several processes', () => {
  test('together never allow more than the limit, and little less', async () => {
    const { url, prefix } = redisPrefix();
    const redis = await connect(url);
    const processes = Array.from({ length: 3 }, () => openRateLimit({ redis, prefix, name: 'user', perMinute: 200 }));
    const asked = Array.from({ length: 300 }, (_, index) => processes[index % 3]?.take('ana'));
    const allowed = (await Promise.all(asked)).filter((allowance) => allowance?.allowed === true).length;
    expect(allowed).toBeLessThanOrEqual(200);
    expect(allowed).toBeGreaterThan(180);
  });

  test('ask Redis once for many requests', async () => {
    const { url, prefix } = redisPrefix();
    const redis = await connect(url);
    let commands = 0;
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (...args) => {
      commands += 1;
      return send(...args);
    };
    const limit = openRateLimit({ redis, prefix, name: 'user', perMinute: 1_000 });
    for (let asked = 0; asked < 50; asked += 1) expect((await limit.take('ana'))?.remaining).toBe(999 - asked);
    expect(commands).toBeLessThan(5);
  });
});

describe('an address', () => {
  test('is limited before its token is looked at, and is what the trusted proxies saw', async () => {
    const { url, prefix } = redisPrefix();
    const redis = await connect(url);
    const address = openRateLimit({ redis, prefix, name: 'address', perMinute: 2 });
    const user = openRateLimit({ redis, prefix, name: 'user', ...generous });
    const config = { ...appConfig, TRUSTED_PROXIES: 1 };
    const app = createApp(appDeps(untouchable, { limits: { address, user }, config }));
    const ask = async (forwarded: string, path = '/notifications/me') =>
      (await app.request(path, { headers: { 'X-Forwarded-For': forwarded } })).status;
    expect(await ask('1.1.1.1')).toBe(401);
    expect(await ask('9.9.9.9, 1.1.1.1')).toBe(401);
    expect(await ask('8.8.8.8, 1.1.1.1')).toBe(429);
    expect(await ask('1.1.1.2')).toBe(401);
    expect(await ask('1.1.1.1', '/livez')).toBe(200);
  });
});

describe('the address of a client', () => {
  const headersOf = (headers: Record<string, string>, proxies: number) => addressOf({
    req: { header: (name: string) => headers[name] },
    env: { incoming: { socket: { remoteAddress: '::ffff:10.0.0.9' } } },
  } as unknown as Context<Env>, proxies);
  const forwarded = (value: string, proxies = 1) => headersOf({ 'X-Forwarded-For': value }, proxies);

  test.each([
    ['203.0.113.7:50001', '203.0.113.7'], ['203.0.113.7:50002', '203.0.113.7'],
    ['9.9.9.9, 203.0.113.7:1', '203.0.113.7'], ['9.9.9.9,203.0.113.7', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8:0:0:0:0:0:1'], ['::ffff:203.0.113.7', '203.0.113.7'],
    ['"203.0.113.7"', '203.0.113.7'],
    ['203.0.113.7, unknown', '10.0.0.9'], ['garbage', '10.0.0.9'], [', ,', '10.0.0.9'], ['', '10.0.0.9'],
  ])('of X-Forwarded-For: %s is %s', (written, address) => {
    expect(forwarded(written)).toBe(address);
  });

  test.each([
    ['for=203.0.113.7', '203.0.113.7'], ['for=203.0.113.7:50001;proto=https;by=10.0.0.1', '203.0.113.7'],
    ['For="[2001:db8::1]:443"', '2001:db8:0:0:0:0:0:1'],
    ['proto=https; for="203.0.113.7:1"', '203.0.113.7'], ['for=9.9.9.9, for=203.0.113.7', '203.0.113.7'],
    ['for=unknown', '10.0.0.9'], ['for=_hidden', '10.0.0.9'], ['by=1.2.3.4', '10.0.0.9'],
  ])('of Forwarded: %s is %s', (written, address) => {
    expect(headersOf({ Forwarded: written }, 1)).toBe(address);
  });

  test('is the one that the outermost of the trusted proxies saw, and without any the socket’s', () => {
    expect(forwarded('1.1.1.1, 2.2.2.2, 3.3.3.3', 2)).toBe('2.2.2.2');
    expect(forwarded('1.1.1.1', 0)).toBe('10.0.0.9');
    expect(headersOf({ 'X-Forwarded-For': '1.1.1.1', Forwarded: 'for=2.2.2.2' }, 1)).toBe('1.1.1.1');
  });

  test('has one bucket, whatever its port and spelling, and an IPv6 network too', async () => {
    const taken: string[] = [];
    const address: RateLimit = { take: (who) => Promise.resolve(void taken.push(who)) };
    const app = createApp(
      appDeps(untouchable, { limits: { address, user: address }, config: { ...appConfig, TRUSTED_PROXIES: 1 } }),
    );
    for (const spelling of [
      '203.0.113.7:50001',
      '203.0.113.7:50002',
      '::ffff:203.0.113.7',
      '[2001:db8::1]:443',
      '2001:db8::2',
      '2001:0DB8:0:0:ffff::3',
    ]) {
      await app.request('/notifications/me', { headers: { 'X-Forwarded-For': spelling } });
    }
    expect([...new Set(taken)]).toEqual(['203.0.113.7', '2001:db8:0:0::/64']);
  });
});

describe('without Redis', () => {
  test('limits are open and writes go on at once, whether it is gone or only silent', async () => {
    const server = await isolatedRedis();
    const { sql } = await createDatabase();
    const redis = await connect(server.url);
    const limit = (name: string) => openRateLimit({ redis, prefix: 'test', name, perMinute: 1 });
    const app = createApp(appDeps(sql, { limits: { address: limit('address'), user: limit('user') } }));
    await redis.call('client', 'pause', '60000', 'all').catch(() => undefined);
    const user = await signIn(app);
    const started = performance.now();
    for (let asked = 0; asked < 20; asked += 1) {
      const answer = await user.post('/tenants', { ...tenantBody, name: `Taller ${asked}` }, randomUUID());
      expect(answer.status).toBe(201);
      expect(answer.headers.get('RateLimit-Limit')).toBeNull();
    }
    expect(performance.now() - started).toBeLessThan(2_000);
    await server.stop();
    expect((await user.post('/tenants', tenantBody)).status).toBe(201);
    expect(await json(await app.request('/nope'))).toMatchObject({ status: 404 });
  });
});
