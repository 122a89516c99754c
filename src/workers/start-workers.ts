import { hostname } from 'node:os';
import type { Config } from '../config.ts';
import type { Job } from '../kernel/jobs/job.ts';
import { reschedule } from '../kernel/jobs/reschedule.ts';
import { runConsumer } from '../kernel/consumers/run-consumer.ts';
import { runJobs } from '../kernel/jobs/run-jobs.ts';
import { confirmationSecrets } from '../notifications/send/confirmation.ts';
import { makeInboxHint } from '../notifications/inbox/inbox-hint.ts';
import { templatesFrom } from '../notifications/templates/templates.ts';
import { unsubscribeUrl } from '../notifications/send/unsubscribe.ts';
import { makeWake } from '../outbox/wake.ts';
import { openAlarms } from '../platform/alarms.ts';
import { limitCalls } from '../platform/call-limit.ts';
import { jobMetrics } from '../platform/job-metrics.ts';
import { consumerMetrics, openRegistry } from '../platform/metrics.ts';
import { showMetrics } from '../platform/metrics-server.ts';
import { assertSchema } from '../platform/migrate.ts';
import { openPostgres } from '../platform/postgres.ts';
import { queuesByName } from '../platform/queues.ts';
import { assertKeepsJobs, openPatientRedis, openRedis, whenReady } from '../platform/redis.ts';
import { announceRunners } from '../platform/runners.ts';
import type { Runtime } from '../platform/runtime.ts';
import { openSettlementReports } from '../platform/settlement-reports.ts';
import { openMail } from '../platform/smtp.ts';
import { allowedBy } from '../store/operations/bounds.ts';
import { openDocuments } from '../documents/open-documents.ts';
import { assertJobTimeZones } from '../platform/postgres-time-zones.ts';
import { chooseByName } from './choose-by-name.ts';
import { countAttempts } from '../notifications/send/count-attempts.ts';
import { deliverEmail } from './deliver-email.ts';
import { deliverPush } from './deliver-push.ts';
import { deliverWhatsApp } from './deliver-whatsapp.ts';
import { consumers } from './index.ts';
import { type ChannelConfig, openChannels } from '../notifications/channels/open-channels.ts';
import { replayersOf } from '../kernel/consumers/replay.ts';

type WorkerConfig = Pick<
  Config,
  | 'DATABASE_URL' | 'REDIS_URL' | 'REDIS_PREFIX' | 'MONGODB_URL' | 'METRICS_HOST' | 'METRICS_PORT'
  | 'SMTP_URL' | 'PAYMENTS_URL' | 'PAYMENTS_ACCESS_TOKEN' | 'APP_URL' | 'PUBLIC_URL' | 'HASH_KEY' | 'NOTIFICATIONS_PER_HOUR' | 'DIGEST_MINUTES' | 'BOUNDS'
  | 'EMAIL_PER_SECOND' | 'PUSH_PER_SECOND' | 'WHATSAPP_PER_SECOND' | 'LOCK_SECONDS' | 'CANARY_SECONDS' | 'JOB_CRONS' | 'JOB_TIME_ZONE' | 'SETTLEMENT_GRACE_DAYS'
  | 'WORKER_CONSUMERS' | 'WORKER_JOBS' | 'WORKER_CONCURRENCY'
> & ChannelConfig;

const JOB_STATEMENT_MS = 600_000; // a job's statement goes through everything there is

/** Opens what consumers need and runs every one of them, and the jobs, until the stack is closed. */
export async function startWorkers(
  { config, log, stack, giveUp }: Runtime<WorkerConfig>,
  jobs: readonly Job<object>[],
): Promise<void> {
  const prefix = config.REDIS_PREFIX;
  const own = chooseByName('WORKER_CONSUMERS', consumers, config.WORKER_CONSUMERS);
  const ownJobs = chooseByName('WORKER_JOBS', jobs, config.WORKER_JOBS);
  chooseByName('WORKER_CONCURRENCY', consumers, Object.keys(config.WORKER_CONCURRENCY));
  const sql = stack.adopt(openPostgres({ url: config.DATABASE_URL, name: 'worker', log }), (pool) => pool.end({ timeout: 2 }));
  await assertSchema(sql);
  const scheduled = reschedule(ownJobs, { crons: config.JOB_CRONS, timeZone: config.JOB_TIME_ZONE });
  await assertJobTimeZones(sql, scheduled.flatMap(({ schedule }) => ('cron' in schedule ? schedule.timeZone : [])));
  const url = config.REDIS_URL;
  const redis = stack.adopt(openRedis({ url, name: 'worker', log }), (client) => client.disconnect());
  await assertKeepsJobs(await whenReady(redis));
  const { documents, close } = openDocuments(sql, config.MONGODB_URL);
  stack.defer(close);
  const mail = stack.adopt(openMail({ url: config.SMTP_URL }), (pool) => pool.close());

  const registry = openRegistry();
  await showMetrics(registry, config, stack);
  const patient = stack.adopt(openPatientRedis({ url, name: 'worker-queues', log }), (client) => client.disconnect());
  const queue = queuesByName({ redis, prefix });
  const links = { baseUrl: config.PUBLIC_URL.replace(/\/$/, ''), key: config.HASH_KEY };
  const shared = {
    sql, log, prefix,
    wake: makeWake(redis, prefix),
    redis: patient,
    ports: {
      templates: templatesFrom(documents),
      channels: openChannels(config, mail),
      inboxHint: makeInboxHint(redis, prefix),
      appUrl: config.APP_URL.replace(/\/$/, ''),
      perHour: config.NOTIFICATIONS_PER_HOUR,
      digestMs: config.DIGEST_MINUTES * 60_000,
      clickBounds: { clicks: allowedBy(config.BOUNDS, 'clicks'), addresses: allowedBy(config.BOUNDS, 'addresses') },
      onAttempt: countAttempts(registry),
      unsubscribeUrl: (id: string) => unsubscribeUrl(links, id),
      confirmationSecrets: (id: string) => confirmationSecrets(links, id),
    },
    metrics: consumerMetrics(registry, own.map(({ name }) => name)),
    lockMs: config.LOCK_SECONDS * 1_000,
    canaryMs: config.CANARY_SECONDS * 1_000,
    linkTo: (eventId: string) => `${config.PUBLIC_URL.replace(/\/$/, '')}/backoffice/events/${eventId}`,
    onStuck: (consumer: string) => giveUp(`${consumer} takes none of the work that waits`),
  };
  const perSecond: Readonly<Record<string, number>> = {
    [deliverEmail.name]: config.EMAIL_PER_SECOND,
    [deliverPush.name]: config.PUSH_PER_SECOND,
    [deliverWhatsApp.name]: config.WHATSAPP_PER_SECOND,
  };
  const running = own.map((consumer) => {
    const { name } = consumer;
    const limit = perSecond[name];
    const takeCalls = limit === undefined ? undefined : limitCalls({ redis, prefix, name, perSecond: limit });
    return runConsumer(consumer, { ...shared, queue: queue(name), takeCalls, concurrency: config.WORKER_CONCURRENCY[name] });
  });
  stack.defer(async () => void (await Promise.all(running.map((consumer) => consumer.close()))));
  const runners = { consumer: own.map(({ name }) => name), job: ownJobs.map(({ name }) => name) };
  stack.adopt(announceRunners({ redis, prefix }, runners), (announced) => announced.close());
  const jobPool = openPostgres({
    url: config.DATABASE_URL, name: 'worker-jobs', log, connections: 4, statementTimeoutMs: JOB_STATEMENT_MS, planAfresh: true,
  });
  const jobSql = stack.adopt(jobPool, (pool) => pool.end({ timeout: 2 }));
  stack.adopt(
    runJobs(scheduled, {
      sql: jobSql, log, prefix, redis: patient, ports: { ...jobPorts(config), documents, replayers: replayersOf(consumers, { ports: { ...shared.ports, isReplay: true }, log }) }, leaseMs: shared.lockMs, worker: `${hostname()} ${crypto.randomUUID().slice(0, 8)}`,
      metrics: jobMetrics(registry), alarms: openAlarms({ redis, prefix }),
    }),
    (alarmed) => alarmed.close(),
  );
}

/** What jobs are given besides their transactions. */
function jobPorts({ PAYMENTS_URL: url, PAYMENTS_ACCESS_TOKEN: accessToken, SETTLEMENT_GRACE_DAYS: settlementGraceDays }: WorkerConfig) {
  const isConfigured = url !== undefined && accessToken !== undefined;
  const reports = isConfigured ? { settlementReports: openSettlementReports({ url: url.replace(/\/$/, ''), accessToken }) } : {};
  return { ...reports, settlementGraceDays };
}
