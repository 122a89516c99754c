import { execFile, type ExecFileException } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseProcfile } from '../../dev/procfile.ts';
import { bound, spawnBound } from '../../dev/spawn-bound.ts';
import { createDatabase } from '../support/database.ts';
import { connectRedis, isolatedRedis, redisPrefix } from '../support/redis.ts';
import { PROCFILE } from '../support/system.ts';
import { webSecrets } from '../support/tokens.ts';

const SECRET = 'planted-secret';
const STARTS_WITHIN_MS = 15_000;
const commands = parseProcfile(readFileSync(PROCFILE, 'utf8'));

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a process of the Procfile that is expected to end by itself; its code is null when it had to be killed. */
function run(type: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const [program = '', ...args] = commands.get(type)?.split(' ') ?? [];
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    const whole = { PATH: process.env['PATH'], ...env };
    execFile(...bound(program, args), { env: whole, timeout: STARTS_WITHIN_MS, killSignal: 'SIGKILL' }, ended);
  });
}

/** What a process said in its log of why it did not start. */
function reasonOf({ stdout }: Ended): string | undefined {
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly reason?: string }).reason;
}

async function environment() {
  const { sql, url: DATABASE_URL } = await createDatabase();
  const { url: REDIS_URL, prefix: REDIS_PREFIX } = redisPrefix();
  const env = { DATABASE_URL, REDIS_URL, REDIS_PREFIX, SMTP_URL: 'smtp://127.0.0.1:1', PORT: '0', ...webSecrets };
  return { sql, env };
}

test('every process names each wrong setting on its standard error, and no value, and ends with 1', async () => {
  const env = {
    DATABASE_URL: `http://user:${SECRET}@host/db`, REDIS_PREFIX: `${SECRET}:`, LOG_LEVEL: SECRET, STOP_SECONDS: SECRET,
    PORT: SECRET, JWT_SECRET: 'short', JWKS_URL: SECRET, HASH_KEY: 'short', PAYMENTS_WEBHOOK_SECRETS: `${SECRET},short`,
    SMTP_URL: SECRET, LOCK_SECONDS: SECRET, QUEUE_DEPTH: SECRET,
  };
  const shared = ['DATABASE_URL', 'LOG_LEVEL', 'REDIS_PREFIX', 'REDIS_URL', 'STOP_SECONDS'];
  const fields: Record<string, readonly string[]> = {
    release: shared,
    web: [...shared, 'HASH_KEY', 'JWKS_URL', 'JWT_SECRET', 'JWT_SECRET, JWKS_URL', 'PAYMENTS_WEBHOOK_SECRETS', 'PORT'],
    relay: [...shared, 'QUEUE_DEPTH'],
    worker: [...shared, 'HASH_KEY', 'LOCK_SECONDS', 'SMTP_URL'],
  };
  expect([...commands.keys()].toSorted()).toEqual(Object.keys(fields).toSorted());
  await Promise.all(Object.entries(fields).map(async ([type, expected]) => {
    const { code, stdout, stderr } = await run(type, env);
    const [title, ...mistakes] = stderr.trim().split('\n');
    expect([type, code, stdout, title]).toEqual([type, 1, '', `${type}: the environment is wrong:`]);
    expect(mistakes.map((line) => line.trim().split(': ')[0]).toSorted()).toEqual(expected.toSorted());
    expect(stderr).not.toContain(SECRET);
  }));
});

test('no process starts on a database that lacks its migrations, and each says what to run', async () => {
  const { sql, env } = await environment();
  await sql`drop table schema_migration`;
  await Promise.all(['web', 'relay', 'worker'].map(async (type) => {
    const ended = await run(type, env);
    expect([type, ended.code]).toEqual([type, 1]);
    expect(reasonOf(ended)).toMatch(/lacks migration 0001_\S+; run the release process$/);
  }));
});

test('relay and worker refuse a Redis that may throw jobs away, and name the setting', async () => {
  const { env } = await environment();
  const { url } = await isolatedRedis();
  const redis = await connectRedis(url);
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await Promise.all(['relay', 'worker'].map(async (type) => {
    const ended = await run(type, { ...env, REDIS_URL: url });
    expect([type, ended.code]).toEqual([type, 1]);
    expect(reasonOf(ended)).toBe('REDIS_URL: maxmemory-policy is allkeys-lru; set it to noeviction');
  }));
});

test('a process that is told to stop while it starts stops', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const { env } = await environment();
  const child = spawnBound('node', ['src/workers/main.ts'], {
    env: { PATH: process.env['PATH'], ...env, DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` }, stdio: 'ignore',
  });
  const [socket] = await once(silent, 'connection');
  onTestFinished(() => void (socket as Socket).destroy());
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
