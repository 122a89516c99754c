import { execFile, type ExecFileException } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { anotherTime } from '../../dev/services/faketime.ts';
import { bound } from '../../dev/spawn-bound.ts';
import { startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const ENDS_WITHIN_MS = 40_000;
const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: { doctor: string } };

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what `npm run doctor` runs once the packages are there; its code is null when it had to be killed. */
function runDoctor(env: NodeJS.ProcessEnv): Promise<Ended> {
  const [program = '', ...args] = scripts.doctor.split('exec ').at(-1)?.split(' ') ?? [];
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    execFile(...bound(program, args), { env, timeout: ENDS_WITHIN_MS, killSignal: 'SIGKILL' }, ended);
  });
}

const random = () => randomBytes(48).toString('base64');

test('the doctor ends with 0 where all is well and with 1 on a problem, says what to do, and never a secret', { timeout: 120_000 }, async () => {
  const secrets = { HASH_KEY: random(), PAYMENTS_WEBHOOK_SECRETS: random() };
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 }, env: secrets });
  const { env, sql, lines } = system;
  await until('each job has its alarm', async () => lines.filter(({ text }) => text.includes('"msg":"alarm set"')).length >= (await sql`select from job`).length, { deadlineMs: 30_000 });

  const well = await runDoctor(env);
  expect(well.stdout).not.toMatch(/PROBLEM/);
  expect([well.code, well.stderr]).toEqual([0, '']);
  expect(well.stdout).toMatch(/^fine {6}consumers: Workers run all of \d+ consumers\.\nfine {6}jobs: Workers run all of \d+ jobs\.$/m);

  const elsewhen = await runDoctor({ ...env, ...anotherTime('+90s') });
  expect(elsewhen.stdout).not.toMatch(/PROBLEM/);
  expect(elsewhen.code).toBe(0);
  expect(elsewhen.stdout).toMatch(/^WARNING {3}clock: This machine’s clock is (8|9)\d s ahead of the database’s\.\n {10}Let both follow a time server/m);
  expect(elsewhen.stdout).toMatch(/^WARNING {3}redis clock: .* ahead of Redis’s\.$/m);

  const careless = await runDoctor({ ...env, HASH_KEY: secrets.PAYMENTS_WEBHOOK_SECRETS });
  expect(careless.code).toBe(1);
  expect(careless.stdout).toMatch(/^PROBLEM {3}secrets used once: The same secret is in: HASH_KEY, PAYMENTS_WEBHOOK_SECRETS 1\.\n {10}Give each its own/m);
  for (const secret of [system.secret, ...Object.values(secrets)]) expect(careless.stdout + well.stdout).not.toContain(secret);

  await system.stop();
  const stopped = await until('the doctor finds that no worker runs anything', async () => {
    const ended = await runDoctor(env);
    return /PROBLEM {3}consumers/.test(ended.stdout) && /PROBLEM {3}jobs/.test(ended.stdout) ? ended : undefined;
  }, { deadlineMs: 40_000 });
  expect(stopped.code).toBe(1);
  expect(stopped.stdout).toMatch(/^PROBLEM {3}consumers: No worker runs: .*deliver-email.*\.\n {10}Start worker processes/m);
  expect(stopped.stdout).toMatch(/^PROBLEM {3}jobs: No worker runs: .*issue-invoices/m);
});

test('the doctor ends with 1 where nothing answers, and names a setting that is missing', async () => {
  const secrets = { JWT_SECRET: random(), HASH_KEY: random(), PAYMENTS_WEBHOOK_SECRETS: random() };
  const nowhere = { PATH: process.env['PATH'], ...secrets, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };
  const { code, stdout } = await runDoctor(nowhere);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^PROBLEM {3}postgresql: It could not be looked at: ECONNREFUSED\.$/m);
  expect(stdout).toMatch(/^PROBLEM {3}redis: Redis is unavailable\.$/m);

  const unset = await runDoctor({ ...nowhere, HASH_KEY: '' });
  expect([unset.code, unset.stdout]).toEqual([1, '']);
  expect(unset.stderr).toBe('doctor: the environment is wrong:\n  HASH_KEY: is missing\n');
});
