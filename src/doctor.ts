import { diagnose } from './backoffice/doctor/diagnose.ts';
import { secretsOf } from './backoffice/doctor/examine-secrets.ts';
import { readConfig } from './config.ts';
import { contracts } from './events/index.ts';
import { jobs } from './jobs/index.ts';
import { openPostgres } from './platform/postgres.ts';
import { openRedis, whenReady } from './platform/redis.ts';
import { runTask } from './platform/runtime.ts';
import { openDocuments } from './documents/open-documents.ts';

const MARKS = { fine: 'fine    ', warning: 'WARNING ', problem: 'PROBLEM ' } as const;
const needs = [
  'PUBLIC_URL', 'JWT_SECRET', 'JWKS_URL', 'HASH_KEY', 'PAYMENTS_WEBHOOK_SECRETS', 'WHATSAPP_APP_SECRET',
  'WHATSAPP_VERIFY_TOKEN',
] as const;

// Says what is wrong with a deployment, seen with the web process's environment, and what to do. Exits with 1 on a problem.
await runTask('doctor', () => readConfig(needs), async ({ config, log, stack }) => {
  const sql = stack.adopt(openPostgres({ url: config.DATABASE_URL, name: 'doctor', connections: 2 }), (pool) => pool.end({ timeout: 1 }));
  const redis = stack.adopt(openRedis({ url: config.REDIS_URL, name: 'doctor', log }), (client) => client.disconnect());
  await whenReady(redis).catch(() => undefined);
  const { documents, close } = openDocuments(sql, config.MONGODB_URL);
  stack.defer(close);
  const findings = await diagnose({
    sql, redis, prefix: config.REDIS_PREFIX, documents, jobs, contracts, secrets: secretsOf(config), urls: config,
  });
  for (const { verdict, check, found, todo } of findings) console.log(`${MARKS[verdict]}  ${check}: ${found}${todo === null ? '' : `\n          ${todo}`}`);
  if (findings.some(({ verdict }) => verdict === 'problem')) process.exitCode = 1;
});
