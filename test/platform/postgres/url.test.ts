import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { ConfigError } from '../../../src/platform/config-error.ts';
import { assertLimits, openPostgres } from '../../../src/platform/postgres.ts';
import { findUrlMistakes, readPostgresUrl } from '../../../src/platform/postgres/url.ts';
import { createDatabase } from '../../support/database.ts';

const BASE = 'postgres://u:p%40ss@db.example:5432/columna';
const SET_BY_US = 'the pools of each process have fixed sizes and names; remove it';

/** A folder of the calling test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'columna-url-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test.for<[string, readonly string[]]>([
  ['', []],
  ['?sslmode=require', []],
  ['?sslmode=require&channel_binding=prefer&connect_timeout=10', []],
  ['?schema=public&pgbouncer=true&statement_cache_size=0', []],
  ['?target_session_attrs=read-write&options=-c%20work_mem%3D64MB', []],
  ['?channel_binding=require', ['parameter channel_binding must be disable, prefer']],
  ['?schema=tenant_1', ['parameter schema must be public']],
  ['?connection_limit=5', [`parameter connection_limit: ${SET_BY_US}`]],
  ['?sslrootcert=/nowhere&sslmode=verify-full', ['parameter sslrootcert must be a file that this process can read']],
  ['?sslrootcert=system', ['parameter sslrootcert needs sslmode=verify-full beside it']],
  ['?sslmode=maybe', ['parameter sslmode must be disable, allow, prefer, require, verify-ca, verify-full']],
  ['?application_name=me&max=3', [`parameter application_name: ${SET_BY_US}`, `parameter max: ${SET_BY_US}`]],
  ['?host=/tmp', ['parameter host: write it before the question mark: postgres://user:password@host:port/database']],
  ['?keepalives_idle=3', ['parameter keepalives_idle: the driver does not offer it; remove it']],
  ['?statement_timeout=0&search_path=x', [
    'parameter statement_timeout: it is not known; remove it', 'parameter search_path: it is not known; remove it',
  ]],
])('of a database’s URL with «%s» each parameter is honoured or refused by name', ([parameters, mistakes]) => {
  expect(findUrlMistakes(BASE + parameters)).toEqual(mistakes);
});

test('a process does not start with a parameter that it would ignore, and says which, without its value', () => {
  const env = { DATABASE_URL: `${BASE}?schema=secret&connection_limit=5`, REDIS_URL: 'redis://127.0.0.1' };
  expect(() => readConfig([], env)).toThrow(new ConfigError(
    'the environment is wrong:\n  DATABASE_URL: parameter schema must be public; '
    + `parameter connection_limit: ${SET_BY_US}`,
  ));
});

test('what is honoured is settings, and the driver gets a URL without parameters', () => {
  const all = 'sslmode=require&connect_timeout=7&pgbouncer=true&target_session_attrs=primary&options=-c%20a%3Db';
  expect(readPostgresUrl(`${BASE}?${all}`)).toEqual({
    url: BASE, tls: { mode: 'require' }, connectTimeoutSeconds: 7, prepare: false, targetSessionAttrs: 'primary',
    options: '-c a=b',
  });
  const none = readPostgresUrl(`${BASE}?sslmode=disable&target_session_attrs=any`);
  expect(none).toEqual({ url: BASE, tls: undefined, prepare: true });
});

test('options of the URL are those of the session, and our limits win', async () => {
  const { url } = await createDatabase();
  const sql = openPostgres({ url: `${url}?options=-c%20work_mem%3D8MB%20-c%20statement_timeout%3D0`, name: 'test' });
  expect(await sql`select current_setting('work_mem') as memory, current_setting('statement_timeout') as timeout`)
    .toEqual([{ memory: '8MB', timeout: '20s' }]);
  await sql.end();
});

describe('a pooler', () => {
  test('that refuses our limits ends the start with one line, which names the limit and what to do', async () => {
    const pooler = createServer((socket) => {
      const refusal = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0';
      const header = Buffer.from([0x45, 0, 0, 0, refusal.length + 4]);
      socket.once('data', () => socket.end(Buffer.concat([header, Buffer.from(refusal)])));
    });
    await new Promise<void>((listening) => pooler.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void pooler.close());
    const { port } = pooler.address() as AddressInfo;
    const sql = openPostgres({ url: `postgres://u@127.0.0.1:${port}/db`, name: 'test' });
    await expect(assertLimits(sql)).rejects.toThrow(
      /^DATABASE_URL: a pooler does not apply statement_timeout; connect .+ in ignore_startup_parameters$/,
    );
    await sql.end({ timeout: 0 });
  });

  test('that ignores our limits ends the start too, and one whose role has limits does not', async () => {
    const { url } = await createDatabase();
    const sql = openPostgres({ url, name: 'test', connections: 1 });
    await assertLimits(sql);
    await sql`select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)`;
    await expect(assertLimits(sql)).rejects.toThrow('a pooler does not apply lock_timeout, statement_timeout;');
    await sql`select set_config('statement_timeout', '5s', false), set_config('lock_timeout', '5s', false)`;
    await assertLimits(sql);
    await sql.end();
  });
});

describe('a server that speaks TLS', () => {
  test.for<[string, boolean]>([
    ['sslmode=require', true], ['sslmode=prefer', true], ['sslmode=verify-ca&sslrootcert=ROOT', true],
    ['sslmode=require&sslrootcert=ROOT', true], ['sslmode=verify-full', false], ['sslmode=verify-ca', false],
    ['sslmode=verify-full&sslrootcert=ROOT', false], // the certificate is for another name
  ])('is used with %s, or not: %s', async ([parameters, works]) => {
    const { url } = await createDatabase();
    const { address, root } = await speakTls(url);
    const sql = openPostgres({ url: `${address}?${parameters.replace('ROOT', root)}`, name: 'test', connections: 1 });
    const answered = sql`select 1 as one`.then(([row]) => row?.['one'] === 1, () => false);
    expect(await answered).toBe(works);
    await sql.end({ timeout: 0 });
  });

  test('is missed where the URL asks for one', async () => {
    const { url } = await createDatabase();
    const strict = openPostgres({ url: `${url}?sslmode=require`, name: 'test', connections: 1 });
    await expect(strict`select 1`).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    const lenient = openPostgres({ url: `${url}?sslmode=prefer`, name: 'test', connections: 1 });
    expect(await lenient`select 1 as one`).toEqual([{ one: 1 }]);
    await Promise.all([strict.end({ timeout: 0 }), lenient.end()]);
  });
});

/** A TLS front of a server, as a load balancer is one: its certificate is for the name `other.example`. */
async function speakTls(url: string): Promise<{ readonly address: string; readonly root: string }> {
  const [path, { hostname, port }] = [folder(), new URL(url)];
  const [keyFile, root] = [join(path, 'key.pem'), join(path, 'cert.pem')];
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=other.example',
    '-addext', 'subjectAltName=DNS:other.example', '-keyout', keyFile, '-out', root,
  ], { encoding: 'utf8' });
  if (made.status !== 0) writeFileSync(root, made.stderr);
  const front = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, key: readFileSync(keyFile), cert: readFileSync(root) });
      const outer = connect(Number(port), hostname).on('error', () => undefined);
      secure.on('error', () => outer.destroy()).pipe(outer).pipe(secure);
    });
  });
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void front.close());
  const own = String((front.address() as AddressInfo).port);
  return { address: Object.assign(new URL(url), { hostname: '127.0.0.1', port: own }).href, root };
}
