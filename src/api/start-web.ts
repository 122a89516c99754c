import type { Config } from '../config.ts';
import { ConfigError } from '../platform/config-error.ts';
import type { DocumentStore } from '../documents/document-store.ts';
import type { Job } from '../kernel/jobs/job.ts';
import { reschedule } from '../kernel/jobs/reschedule.ts';
import { makeInboxHint, onInboxHint } from '../notifications/inbox/inbox-hint.ts';
import { observeBacklog } from '../outbox/backlog.ts';
import { observeUnattended } from '../outbox/unattended.ts';
import { makeWake } from '../outbox/wake.ts';
import { showMetrics } from '../platform/metrics-server.ts';
import { openRegistry } from '../platform/metrics.ts';
import { assertSchema, SchemaMismatch } from '../platform/migrate.ts';
import { openPostgres, type Sql } from '../platform/postgres.ts';
import { type AlarmQueue, openAlarms } from '../platform/alarms.ts';
import { queuesByName } from '../platform/queues.ts';
import { openRateLimit } from '../platform/rate-limit.ts';
import { openPatientRedis, openRedis, type Redis } from '../platform/redis.ts';
import type { Runtime } from '../platform/runtime.ts';
import { listConsumers } from '../kernel/consumers/list-consumers.ts';
import { openDocuments } from '../documents/open-documents.ts';
import { createApp } from './app.ts';
import type { ApiDeps } from './http/context.ts';
import { openTokens } from './http/auth.ts';
import { openInboxStreams } from './notifications/inbox-streams.ts';
import { openKeyLimit } from './http/key-limit.ts';
import { observeJobs } from './http/observe-jobs.ts';
import { openRevocations } from './http/revocations.ts';
import { startServer } from './http/server.ts';

type WebConfig = Pick<
  Config,
  | 'DATABASE_URL' | 'REDIS_URL' | 'REDIS_PREFIX' | 'MONGODB_URL' | 'STOP_SECONDS'
  | 'HOST' | 'PORT' | 'METRICS_HOST' | 'METRICS_PORT' | 'PUBLIC_URL' | 'TRUSTED_PROXIES' | 'CORS_ORIGINS'
  | 'USER_RATE' | 'ADDRESS_RATE' | 'CONNECTIONS_PER_ADDRESS' | 'KEYS_PER_DAY' | 'BOUNDS' | 'INBOX_STREAMS'
  | 'JWT_SECRET' | 'JWKS_URL' | 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'JWT_MAX_HOURS' | 'HASH_KEY'
  | 'PAYMENTS_WEBHOOK_SECRETS' | 'WEB_PUSH_ORIGINS'
  | 'JOB_CRONS' | 'JOB_TIME_ZONE' | 'VAPID_PUBLIC_KEY' | 'WHATSAPP_APP_SECRET' | 'WHATSAPP_VERIFY_TOKEN'
>;

type WebRuntime = Pick<Runtime<WebConfig>, 'config' | 'log' | 'stack'>;

/** The part of a web process that operators use. The API does not import it. */
export interface Backoffice {
  readonly mount: ApiDeps['mountBackoffice'];
  readonly diagnose: (examined: Examined) => ReturnType<ApiDeps['diagnose']>;
}

/** The parts of a deployment that the doctor examines. */
export interface Examined {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly prefix: string;
  readonly documents: DocumentStore;
  readonly jobs: readonly Job<object>[];
  readonly config: WebConfig;
}

/** Opens what the HTTP API needs and serves it until the stack is closed. PostgreSQL and Redis may come later. */
export async function startWeb(
  { config, log, stack }: WebRuntime,
  { jobs, backoffice }: { readonly jobs: readonly Job<object>[]; readonly backoffice: Backoffice },
): Promise<void> {
  const prefix = config.REDIS_PREFIX;
  const sql = stack.adopt(openPostgres({ url: config.DATABASE_URL, name: 'web', log }), (pool) => pool.end({ timeout: 5 }));
  await assertSchema(sql).catch((error: unknown) => {
    if (error instanceof SchemaMismatch || error instanceof ConfigError) throw error;
  });
  const redis = stack.adopt(openRedis({ url: config.REDIS_URL, name: 'web', log }), (client) => client.disconnect());
  const queue = queuesByName({ redis, prefix });
  // A queue that is opened while Redis is away never works.
  const queues = async () => (redis.status === 'ready' ? (await listConsumers(sql)).map(queue) : undefined);
  let alarms: AlarmQueue | undefined;
  const jobSchedulers = () => (redis.status === 'ready' ? (alarms ??= openAlarms({ redis, prefix })) : undefined);
  const { documents, close } = openDocuments(sql, config.MONGODB_URL);
  stack.defer(close);
  const registry = openRegistry();
  const scheduled = reschedule(jobs, { crons: config.JOB_CRONS, timeZone: config.JOB_TIME_ZONE });
  observeBacklog({ registry, sql, queues });
  observeJobs({ registry, sql, jobs: scheduled });
  const jobNames = jobs.map(({ name }) => name);
  observeUnattended({ registry, redis, prefix, names: async () => ({ consumer: await listConsumers(sql), job: jobNames }) });
  const patient = openPatientRedis({ url: config.REDIS_URL, name: 'web-inbox', log });
  const hints = stack.adopt(patient, (client) => client.disconnect());
  const inboxStreams = openInboxStreams({ sql, log, registry, perProcess: config.INBOX_STREAMS });
  onInboxHint(hints, prefix, inboxStreams.wake).catch(() => undefined); // it waits for Redis, until the end
  const revocations = openRevocations(sql, config.JWT_MAX_HOURS);
  const rate = (name: string, perMinute: number) => openRateLimit({ redis, prefix, name, perMinute });
  const app = createApp({
    sql,
    log,
    config,
    documents,
    tokens: openTokens(config, revocations, {
      registry,
      onStale: (error) => log.warn({ error }, 'keys of tokens could not be fetched again'),
    }),
    revocations,
    wake: makeWake(redis, prefix),
    queues,
    jobSchedulers,
    jobs: scheduled,
    mountBackoffice: backoffice.mount,
    diagnose: () => backoffice.diagnose({ sql, redis, prefix, documents, jobs: scheduled, config }),
    registry,
    inboxHint: makeInboxHint(redis, prefix),
    inboxStreams,
    limits: { address: rate('address', config.ADDRESS_RATE), user: rate('user', config.USER_RATE) },
    keyLimit: openKeyLimit(config.KEYS_PER_DAY),
  });
  await showMetrics(registry, config, stack);
  const patienceMs = config.STOP_SECONDS * 500; // half of it; the other half is for the pools
  // Behind a proxy all clients have its address.
  const limits = config.TRUSTED_PROXIES === 0 ? { perAddress: config.CONNECTIONS_PER_ADDRESS } : {};
  const started = await startServer(app, config.PORT, config.HOST, { ...limits, publicUrl: config.PUBLIC_URL });
  const server = stack.adopt(started, (serving) => serving.close(patienceMs));
  stack.defer(() => inboxStreams.close()); // an open stream would keep the server from closing
  log.info({ port: server.port }, 'listening');
}
