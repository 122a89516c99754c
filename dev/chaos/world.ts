import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { openLog } from '../../src/platform/log.ts';
import { openPostgres } from '../../src/platform/postgres.ts';
import { openPatientRedis } from '../../src/platform/redis.ts';
import { claimFolder } from '../claim-folder.ts';
import { tokenIssuer } from '../demo/people.ts';
import { freePort } from '../free-port.ts';
import { type Formation, runProcess, startProcesses } from '../procfile.ts';
import { startMailbox } from '../sandbox/mailbox.ts';
import { startServices } from '../services.ts';
import { until } from '../until.ts';
import { PLANTED } from './client.ts';

const ROOT = new URL('../../', import.meta.url);
const preload = (file: string) => `--import ${new URL(`dev/chaos/${file}`, ROOT).href}`;

/** Seconds that make a campaign short; the mechanisms are those of production. */
const HASTE = { SWEEP_GRACE_SECONDS: '3', LOCK_SECONDS: '4', CANARY_SECONDS: '20', STOP_SECONDS: '10' };
export const LOCK_MS = 4_000;

export interface WorldOptions {
  readonly mutant?: string | undefined;
}

/** The whole system under attack: servers, mail server, and the Procfile's processes. */
export async function openWorld({ mutant }: WorldOptions) {
  const stack = new AsyncDisposableStack();
  const dataDir = await claimFolder('chaos');
  const failpoints = join(dataDir, 'failpoints');
  rmSync(failpoints, { recursive: true, force: true });
  mkdirSync(failpoints);
  for (const file of ['processes.log', 'mailbox.jsonl', 'client.jsonl']) rmSync(join(dataDir, file), { force: true });
  const log = createWriteStream(join(dataDir, 'processes.log'));
  stack.defer(() => finished(log.end()));

  const services = stack.use(await startServices({ dataDir, documents: 'none' }));
  const mailbox = stack.use(await startMailbox({ logFile: join(dataDir, 'mailbox.jsonl') }));
  const secret = randomBytes(32).toString('hex');
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  const leaks: string[] = [];
  const ends: { readonly name: string; readonly how: string }[] = [];
  const onLine = (name: string, line: string) => {
    log.write(`${name.padEnd(9)} ${line}\n`);
    if (line.includes(PLANTED) || line.includes(secret)) leaks.push(`a log line of ${name}`);
    const how = /^ended by (.+), starts again/.exec(line)?.[1];
    if (how !== undefined) ends.push({ name, how });
  };
  const procfile = fileURLToPath(new URL('Procfile', ROOT));
  const env = {
    ...process.env, ...HASTE,
    DATABASE_URL: services.databaseUrl, REDIS_URL: services.redisUrl, MONGODB_URL: undefined,
    SMTP_URL: mailbox.smtpUrl, JWT_SECRET: secret, PORT: String(port), PUBLIC_URL: apiUrl,
    USER_RATE: '10000000', ADDRESS_RATE: '10000000', LOG_LEVEL: 'info',
  };
  if ((await runProcess('release', { procfile, env, onLine })) !== 0) throw new Error('the release failed');
  const underAttack = {
    ...env,
    FAILPOINTS: failpoints,
    MUTANT: mutant,
    NODE_OPTIONS: [preload('failpoint.ts'), ...(mutant === undefined ? [] : [preload('mutate.ts')])].join(' '),
  };
  const formation: Formation = stack.use(
    await startProcesses({
      procfile, env: underAttack, onLine, formation: { web: 1, relay: 2, worker: 2 }, ports: ['METRICS_PORT'], restart: true,
    }),
  );
  const sql = openPostgres({ url: services.databaseUrl, name: 'chaos-checker', connections: 4 });
  stack.defer(() => sql.end({ timeout: 5 }));
  const silent = openLog({ process: 'chaos', level: 'silent' });
  const redis = openPatientRedis({ url: services.redisUrl, name: 'chaos', log: silent });
  stack.defer(() => redis.disconnect());
  await until('the web process is ready', () => fetch(`${apiUrl}/readyz`).then(({ ok }) => ok, () => false), { deadlineMs: 30_000 });

  return {
    dataDir, failpoints, services, mailbox, apiUrl, sql, redis, formation, leaks, ends,
    issueToken: tokenIssuer(secret),
    close: () => stack.disposeAsync(),
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
