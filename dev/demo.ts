// node dev/demo.ts [--once]: the whole system on this machine, and a story told through its API. It stays up until
// Ctrl-C; with --once it ends after the story: with 0, or with 1 and the name of what did not happen.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { openPostgres } from '../src/platform/postgres.ts';
import { claimFolder } from './claim-folder.ts';
import { tokenIssuer } from './demo/people.ts';
import { tellStory } from './demo/story.ts';
import { freePort } from './free-port.ts';
import { giveUp, MissingPart } from './missing-part.ts';
import { runProcess, startProcesses } from './procfile.ts';
import { startMailbox } from './sandbox/mailbox.ts';
import { startServices } from './services.ts';
import { until } from './until.ts';

const PROCFILE = fileURLToPath(new URL('../Procfile', import.meta.url));
const FORMATION = { web: 1, relay: 2, worker: 2 };
const READY_DEADLINE_MS = 30_000;

async function demo({ staysUp }: { readonly staysUp: boolean }): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { stage, urls, logFile } = await start(stack);
  const { operatorToken, customerToken } = await tellStory(stage).catch((error: Error) => {
    console.error(`The processes' log: ${logFile}`);
    throw error;
  });
  if (!staysUp) return;

  const told = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  console.log(`
What to open:
  the API’s reference   ${urls.api}/docs
  the mailbox           ${urls.mailbox}
  the queues            ${urls.api}/backoffice/sign-in   with the operator’s token
  the processes’ log    ${logFile}

The operator’s token:  ${operatorToken}
The customer’s token:  ${customerToken}

  curl -H 'authorization: Bearer <the customer’s token>' ${urls.api}/notifications/me

Ctrl-C stops everything.`);
  await told;
}

/** Starts the servers, the release and the Procfile's processes; the stack stops them, the last first. */
async function start(stack: AsyncDisposableStack) {
  const dataDir = await claimFolder('demo');
  const logFile = join(dataDir, 'processes.log');
  const log = createWriteStream(logFile);
  stack.defer(() => finished(log.end()));

  const services = stack.use(await startServices({ dataDir, documents: 'optional' }));
  const mailbox = stack.use(await startMailbox({ logFile: join(dataDir, 'mailbox.jsonl') }));
  console.log(`PostgreSQL, Redis, ${services.mongodbUrl ? 'a document store, ' : ''}a mail server: up (${dataDir})`);

  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  const secret = randomBytes(32).toString('hex');
  const env = {
    ...process.env,
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    MONGODB_URL: services.mongodbUrl,
    SMTP_URL: mailbox.smtpUrl,
    JWT_SECRET: secret,
    PUBLIC_URL: apiUrl,
    PORT: String(port),
  };
  const onLine = (name: string, line: string) => void log.write(`${name.padEnd(9)} ${line}\n`);
  const options = { procfile: PROCFILE, env, onLine };
  if ((await runProcess('release', options)) !== 0) throw new MissingPart(`The release failed: see ${logFile}`);
  stack.use(await startProcesses({ ...options, formation: FORMATION, ports: ['METRICS_PORT'], restart: true }));
  const isReady = () => fetch(`${apiUrl}/readyz`).then(({ ok }) => ok, () => false);
  await until(`${apiUrl}/readyz answers (log: ${logFile})`, isReady, { deadlineMs: READY_DEADLINE_MS });
  console.log('release: done; web, relay.1, relay.2, worker.1, worker.2: up');

  const sql = openPostgres({ url: services.databaseUrl, name: 'demo', connections: 2 });
  stack.defer(() => sql.end());
  const stage = { apiUrl, sql, mailbox, issueToken: tokenIssuer(secret), print: (line: string) => console.log(line) };
  return { stage, urls: { api: apiUrl, mailbox: mailbox.httpUrl }, logFile };
}

await demo({ staysUp: !process.argv.includes('--once') }).catch(giveUp);
process.exit();
