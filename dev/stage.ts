import { randomBytes } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { openPostgres, type Sql } from '../src/platform/postgres.ts';
import { claimFolder } from './claim-folder.ts';
import { type IssueToken, tokenIssuer } from './demo/people.ts';
import { freePort } from './free-port.ts';
import { MissingPart } from './missing-part.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { type Formation, runProcess, startProcesses } from './procfile.ts';
import { type Channels, startChannels } from './sandbox/channels.ts';
import { type Mailbox, startMailbox } from './sandbox/mailbox.ts';
import { type Services, startServices } from './services.ts';
import type { DocumentsMode } from './services/documents.ts';
import { until } from './until.ts';

const PROCFILE = fileURLToPath(new URL('../Procfile', import.meta.url));
const FORMATION = { web: 1, relay: 2, worker: 2 };
const READY_DEADLINE_MS = 30_000;

export interface StageOptions {
  /** Of this run, under `.columna/`. */
  readonly folder: string;
  readonly documents: DocumentsMode;
  /** True to offer push and WhatsApp too, to sandboxes; `secure` ones speak TLS. */
  readonly channels?: boolean | 'secure';
  /** Whether the processes reach PostgreSQL and Redis by proxies, whose paths can be broken. */
  readonly proxied?: boolean;
  /** For the processes, on top of what they need. */
  readonly env?: NodeJS.ProcessEnv;
  /** Modules that each process but the release imports first. */
  readonly preload?: readonly URL[];
  readonly onLine?: (name: string, line: string) => void;
  /** What has been done so far. */
  readonly print?: (line: string) => void;
}

/** The whole system on this machine: servers, a mail server, and the Procfile's processes. */
export interface Stage extends AsyncDisposable {
  readonly dataDir: string;
  /** What every process has printed. */
  readonly logFile: string;
  readonly mailLogFile: string;
  readonly services: Services;
  /** Where the options asked for them. */
  readonly proxies: { readonly postgres: Proxy; readonly redis: Proxy } | undefined;
  readonly mailbox: Mailbox;
  /** Where the options asked for them. */
  readonly channels: Channels | undefined;
  readonly formation: Formation;
  /** What the processes were started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly apiUrl: string;
  readonly sql: Sql;
  readonly issueToken: IssueToken;
  /** Signs the payment provider's webhooks. */
  readonly webhookSecret: string;
  /** Nothing of these may appear in a log. */
  readonly secrets: readonly string[];
}

/** Starts the servers, the release and the Procfile's processes, and waits until the web process is ready. */
export function openStage(
  options: StageOptions & { readonly channels: true },
): Promise<Stage & { readonly channels: Channels }>;
export function openStage(options: StageOptions): Promise<Stage>;
export async function openStage(options: StageOptions): Promise<Stage> {
  const { folder, documents, env: extra, preload = [], onLine, print = () => undefined } = options;
  await using starting = new AsyncDisposableStack();
  const dataDir = await claimFolder(folder);
  const logFile = join(dataDir, 'processes.log');
  const mailLogFile = join(dataDir, 'mailbox.jsonl');
  rmSync(mailLogFile, { force: true });
  const log = createWriteStream(logFile);
  starting.defer(() => finished(log.end()));

  const services = starting.use(await startServices({ dataDir, documents }));
  const mailbox = starting.use(await startMailbox({ logFile: mailLogFile }));
  const channels = options.channels ? starting.use(await startChannels(dataDir, { isSecure: options.channels === 'secure' })) : undefined;
  const documentStore = services.mongodbUrl ? 'a document store, ' : '';
  const sandboxes = channels ? ', sandboxes of push and WhatsApp' : '';
  print(`PostgreSQL, Redis, ${documentStore}a mail server${sandboxes}: up (${dataDir})`);

  const proxies = options.proxied ? await startProxies(services, starting) : undefined;
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  const [secret, webhookSecret, hashKey] = [makeSecret(), makeSecret(), makeSecret()];
  const env = {
    ...process.env,
    DATABASE_URL: proxies?.postgres.url ?? services.databaseUrl,
    REDIS_URL: proxies?.redis.url ?? services.redisUrl,
    MONGODB_URL: services.mongodbUrl,
    SMTP_URL: mailbox.smtpUrl,
    JWT_SECRET: secret,
    PAYMENTS_WEBHOOK_SECRETS: webhookSecret,
    HASH_KEY: hashKey,
    PUBLIC_URL: apiUrl,
    HOST: '127.0.0.1',
    PORT: String(port),
    ...channels?.env,
    ...extra,
  };
  const tell = (name: string, line: string) => {
    log.write(`${name.padEnd(9)} ${line}\n`);
    onLine?.(name, line);
  };
  const run = { procfile: PROCFILE, env, onLine: tell };
  if ((await runProcess('release', run)) !== 0) throw new MissingPart(`The release failed: see ${logFile}`);
  const imports = preload.map((module) => `--import ${module.href}`).join(' ');
  const processEnv = { ...env, NODE_OPTIONS: imports };
  const formation = starting.use(
    await startProcesses({
      ...run, env: processEnv, formation: FORMATION, ports: ['METRICS_PORT'], restart: true,
    }),
  );
  const sql = openPostgres({ url: services.databaseUrl, name: folder, connections: 4 });
  starting.defer(() => sql.end({ timeout: 5 }));
  const isReady = () => fetch(`${apiUrl}/readyz`).then(({ ok }) => ok, () => false);
  await until(`${apiUrl}/readyz answers (log: ${logFile})`, isReady, { deadlineMs: READY_DEADLINE_MS });
  print('release: done; web, relay.1, relay.2, worker.1, worker.2: up');

  const stack = starting.move();
  return {
    dataDir, logFile, mailLogFile, services, proxies, mailbox, channels, formation, env: processEnv, apiUrl, sql, webhookSecret,
    issueToken: tokenIssuer(secret),
    secrets: [secret, webhookSecret, hashKey, ...(channels?.secrets ?? [])],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startProxies(services: Services, starting: AsyncDisposableStack): Promise<NonNullable<Stage['proxies']>> {
  const start = async (target: string) => starting.adopt(await startProxy({ target }), (proxy) => proxy.stop());
  return { postgres: await start(services.databaseUrl), redis: await start(services.redisUrl) };
}

const makeSecret = () => randomBytes(32).toString('hex');
