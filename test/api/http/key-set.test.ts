import { generateKeyPairSync, randomUUID, sign as signBytes, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { Registry } from 'prom-client';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTokens } from '../../../src/api/http/auth.ts';
import { tokenConfig } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

afterEach(() => void vi.useRealTimers());

const newKey = (kid?: string, modulusLength = 2_048) => ({ kid, ...generateKeyPairSync('rsa', { modulusLength }) });
type Key = ReturnType<typeof newKey>;

/** A token that lasts for days by the clock of the moment. */
const sign = ({ privateKey, kid }: { readonly privateKey: KeyObject; readonly kid?: string | undefined }) =>
  new SignJWT({ roles: ['user'] })
    .setProtectedHeader({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })
    .setSubject(randomUUID())
    .setIssuer(tokenConfig.JWT_ISSUER)
    .setAudience(tokenConfig.JWT_AUDIENCE)
    .setExpirationTime('1d')
    .sign(privateKey);

/** An issuer that publishes keys, and counts who fetches them. */
async function openIssuer(...published: Key[]) {
  const issuer: {
    published: readonly Key[];
    status: number;
    fetched: number;
    body: string | undefined;
    others: readonly unknown[];
  } = { published, status: 200, fetched: 0, body: undefined, others: [] };
  const server = createServer((_, response) => {
    issuer.fetched += 1;
    void Promise.all(
      issuer.published.map(async ({ publicKey, kid }) => ({
        ...(await exportJWK(publicKey)),
        alg: 'RS256',
        ...(kid === undefined ? {} : { kid }),
      })),
    ).then((keys) =>
      response
        .writeHead(issuer.status, { 'Content-Type': 'application/json' })
        .end(issuer.body ?? JSON.stringify({ keys: [...issuer.others, ...keys] })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const registry = new Registry();
  const stale: unknown[] = [];
  const config = { ...tokenConfig, JWT_SECRET: undefined, JWKS_URL: url };
  const tokens = openTokens(config, undefined, { registry, onStale: (error) => stale.push(error) });
  const ageSeconds = async () =>
    (await registry.getSingleMetric('token_keys_age_seconds')?.get())?.values[0]?.value ?? 0;
  return Object.assign(issuer, { verify: tokens.verify, stale, ageSeconds });
}

/** Moves the clock on, and nothing else. */
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const clockStandsStill = () => vi.useFakeTimers({ toFake: ['Date'] });

test('tokens of the key set are accepted, and one signed with its public key as a secret is not', async () => {
  const key = newKey('one');
  const { verify } = await openIssuer(key);
  expect(await verify(await sign(key))).toMatchObject({ roles: new Set(['user']) });
  const pem = new TextEncoder().encode(key.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const forged = await new SignJWT({ roles: ['user'] })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setSubject(randomUUID())
    .setIssuer(tokenConfig.JWT_ISSUER)
    .setAudience(tokenConfig.JWT_AUDIENCE)
    .setExpirationTime('1h')
    .sign(pem);
  await expect(verify(forged)).rejects.toMatchObject({ status: 401 });
  await expect(verify(await sign({ ...newKey('one') }))).rejects.toMatchObject({ status: 401 });
});

test('while keys were never fetched the answer is 503, for the token may be good', async () => {
  const key = newKey('one');
  const issuer = await openIssuer(key);
  issuer.status = 500;
  await expect(issuer.verify(await sign(key))).rejects.toMatchObject({ status: 503, headers: { 'Retry-After': '2' } });
  issuer.status = 200;
  await issuer.verify(await sign(key));
});

test.each([11 * MINUTE_MS, 23 * 60 * MINUTE_MS])(
  'the last good keys serve %i ms after the key set was in reach, and their age is told',
  async (ms) => {
    clockStandsStill();
    const key = newKey('one');
    const issuer = await openIssuer(key);
    await issuer.verify(await sign(key));
    expect(await issuer.ageSeconds()).toBe(0);
    issuer.status = 503;
    pass(ms);
    await issuer.verify(await sign(key));
    await until('the failure is told', () => Promise.resolve(issuer.stale.length > 0));
    expect(await issuer.ageSeconds()).toBe(ms / 1_000);
    await expect(issuer.verify(await sign(newKey('two')))).rejects.toMatchObject({ status: 503 });
    issuer.status = 200;
    pass(MINUTE_MS);
    await until('the keys are fetched again', async () => (await issuer.ageSeconds()) === 0);
  },
);

test('after a day without the key set every token is answered with 503', async () => {
  clockStandsStill();
  const key = newKey('one');
  const issuer = await openIssuer(key);
  await issuer.verify(await sign(key));
  issuer.status = 500;
  pass(DAY_MS + 1_000);
  await expect(issuer.verify(await sign(key))).rejects.toMatchObject({ status: 503 });
  issuer.status = 200;
  await issuer.verify(await sign(key));
});

test('a key that was withdrawn is refused once the keys were fetched again', async () => {
  clockStandsStill();
  const [old, next] = [newKey('old'), newKey('next')];
  const issuer = await openIssuer(old, next);
  await issuer.verify(await sign(old));
  issuer.published = [next];
  pass(11 * MINUTE_MS);
  await issuer.verify(await sign(next));
  await until('the keys are fetched again', async () => (await issuer.ageSeconds()) === 0);
  await expect(issuer.verify(await sign(old))).rejects.toMatchObject({ status: 401 });
});

test('a key that was published a second ago is fetched, also where its token came too early', async () => {
  clockStandsStill();
  const [one, two] = [newKey('one'), newKey('two')];
  const issuer = await openIssuer(one);
  await issuer.verify(await sign(one));
  await expect(issuer.verify(await sign(two))).rejects.toMatchObject({ status: 401 });
  issuer.published = [one, two];
  await issuer.verify(await sign(two));
  expect(issuer.fetched).toBe(3);
});

test('a flood of unknown keys makes few requests, and is told to come again', async () => {
  clockStandsStill();
  const key = newKey('one');
  const issuer = await openIssuer(key);
  await issuer.verify(await sign(key));
  const statuses: number[] = [];
  for (let nth = 0; nth < 50; nth += 1) {
    const error = await issuer.verify(await sign({ ...key, kid: `unknown-${nth}` })).catch((thrown: unknown) => thrown);
    statuses.push((error as { readonly status: number }).status);
  }
  expect(statuses).toEqual([...Array<number>(5).fill(401), ...Array<number>(45).fill(503)]);
  expect(issuer.fetched).toBe(6);
  await issuer.verify(await sign(key));
  pass(6_000);
  await expect(issuer.verify(await sign({ ...key, kid: 'later' }))).rejects.toMatchObject({ status: 401 });
});

test('a token that names no key is tried with each', async () => {
  const [one, two] = [newKey('one'), newKey('two')];
  const issuer = await openIssuer(one, two);
  for (const { privateKey } of [one, two]) await issuer.verify(await sign({ privateKey }));
  await expect(issuer.verify(await sign({ privateKey: newKey().privateKey }))).rejects.toMatchObject({ status: 401 });
});

test.each(['<html><body>Sign in</body></html>', '', '{}', '[]', 'null', '{"keys":null}', '{"keys":{}}', '{"keys":[]}', '{"keys":["x"]}', '{"error":"busy","keys":'])(
  'an answer that has no keys, such as %j, is no key set: the last good keys serve, and without any the answer is 503',
  async (body) => {
    clockStandsStill();
    const key = newKey('one');
    const issuer = await openIssuer(key);
    issuer.body = body;
    await expect(issuer.verify(await sign(key))).rejects.toMatchObject({ status: 503 });
    issuer.body = undefined;
    await issuer.verify(await sign(key));
    issuer.body = body;
    pass(11 * MINUTE_MS);
    await issuer.verify(await sign(key));
    await until('the failure is told', () => Promise.resolve(issuer.stale.length > 0));
    await issuer.verify(await sign(key));
  },
);

test('keys that cannot be used keep no others from being used', async () => {
  const key = newKey('one');
  const issuer = await openIssuer(newKey('weak', 1_024), key);
  issuer.others = [
    { kty: 'XYZ', kid: 'one' }, { kty: 'RSA', kid: 'one', alg: 'RS256' }, { kty: 'RSA', kid: 'one', n: '!', e: 'AQAB' },
    { kty: 'oct', kid: 'one', k: 'abc' }, {},
    { kty: 'RSA', kid: 'one', use: 'enc', ...(await exportJWK(newKey().publicKey)) },
    { kty: 'EC', kid: 'one', crv: 'P-521', x: 'a', y: 'b' },
  ];
  await issuer.verify(await sign(key));
  await issuer.verify(await sign({ privateKey: key.privateKey }));
});

test('of two keys with one id each is tried', async () => {
  const [one, two] = [newKey('same'), newKey('same')];
  const issuer = await openIssuer(one, two);
  for (const key of [one, two]) await issuer.verify(await sign(key));
  await expect(issuer.verify(await sign(newKey('same')))).rejects.toMatchObject({ status: 401 });
});

test('a token of a key that is too weak is refused, whether it names the key or not', async () => {
  const weak = newKey('weak', 1_024);
  const issuer = await openIssuer(weak, newKey('one'));
  const input = (header: object) => [header, { iss: tokenConfig.JWT_ISSUER, aud: tokenConfig.JWT_AUDIENCE, sub: randomUUID(), exp: Math.floor(Date.now() / 1_000) + 60, roles: [] }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  for (const header of [{ alg: 'RS256', kid: 'weak' }, { alg: 'RS256' }]) {
    const text = input(header);
    const token = `${text}.${signBytes('sha256', Buffer.from(text), weak.privateKey).toString('base64url')}`;
    await expect(issuer.verify(token)).rejects.toMatchObject({ status: 401 });
  }
});
