import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { tenantBody } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { redisPrefix } from '../support/redis.ts';
import { makeToken, webSecrets } from '../support/tokens.ts';

/** Starts a web process; gives its port once it listens, and how it ended once it has. */
async function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['src/api/main.ts'], {
    env: { PORT: '0', ...webSecrets, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let port: number | undefined;
  for await (const line of createInterface(child.stdout)) {
    ({ port } = JSON.parse(line) as { port?: number });
    if (port !== undefined) break;
  }
  child.stdout.resume();
  return { child, ended, url: `http://127.0.0.1:${port}`, complaint: () => complaint };
}

async function foundTenant() {
  const headers = {
    Authorization: `Bearer ${await makeToken()}`, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(),
  };
  return { method: 'POST', headers, body: JSON.stringify(tenantBody) };
}

async function environment() {
  const { sql, url: DATABASE_URL } = await createDatabase();
  const { url: REDIS_URL, prefix: REDIS_PREFIX } = redisPrefix();
  return { sql, env: { DATABASE_URL, REDIS_URL, REDIS_PREFIX } };
}

describe('the web process', () => {
  test('gives the same answer to a key after a kill -9', async () => {
    const { sql, env } = await environment();
    const request = await foundTenant();
    const first = await startProcess(env);
    const answer = await fetch(`${first.url}/tenants`, request);
    first.child.kill('SIGKILL');
    expect(await first.ended).toEqual([null, 'SIGKILL']);

    const second = await startProcess(env);
    const replay = await fetch(`${second.url}/tenants`, request);
    expect([answer.status, replay.status, replay.headers.get('Idempotency-Replayed')]).toEqual([201, 201, 'true']);
    expect(await replay.text()).toBe(await answer.text());
    expect(await sql`select count(*)::integer as tenants from tenant`).toEqual([{ tenants: 1 }]);
  });

  test('stops with 0 when told, and leaves no connection', async () => {
    const { sql, env } = await environment();
    const { child, ended, url } = await startProcess(env);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const left = await sql`
      select 1 from pg_stat_activity where datname = current_database() and application_name = 'web'
    `;
    expect(left).toHaveLength(0);
  });

  test('shows metrics on a port of its own, at the loopback address, and nowhere when it has none', async () => {
    const { env } = await environment();
    const METRICS_PORT = String(await freePort());
    const [without, shown] = await Promise.all([startProcess(env), startProcess({ ...env, METRICS_PORT })]);
    for (const { url } of [without, shown]) expect((await fetch(`${url}/metrics`)).status).toBe(404);
    const text = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
    expect(text).toContain('http_request_duration_seconds');
    await expect(fetch(`http://127.0.0.2:${METRICS_PORT}/metrics`)).rejects.toThrow();
    expect((await fetch(shown.url.replace('127.0.0.1', '127.0.0.2') + '/livez')).status).toBe(200);
  });

  test('starts, and serves writes, without Redis', async () => {
    const { env } = await environment();
    const { url } = await startProcess({ ...env, REDIS_URL: 'redis://127.0.0.1:1' });
    expect((await fetch(`${url}/tenants`, await foundTenant())).status).toBe(201);
  });

  test('refuses to start without a secret, and with two ways to check a token, and says so', async () => {
    const { env } = await environment();
    for (const wrong of [{ JWT_SECRET: '' }, { JWKS_URL: 'https://id.example/jwks' }, { JWT_SECRET: 'short' }]) {
      const { ended, complaint } = await startProcess({ ...env, ...wrong });
      expect(await ended).toEqual([1, null]);
      expect(complaint()).toContain('JWT_SECRET');
    }
  });
});
