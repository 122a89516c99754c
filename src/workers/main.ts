import { readConfig } from '../config.ts';
import { jobs } from '../jobs/index.ts';
import { runProcess } from '../platform/runtime.ts';
import { startWorkers } from './start-workers.ts';

const needs = [
  'SMTP_URL', 'MAIL_FROM', 'FCM_SERVICE_ACCOUNT', 'FCM_URL', 'VAPID_PRIVATE_KEY', 'VAPID_SUBJECT',
  'WHATSAPP_PHONE_NUMBER_ID', 'WHATSAPP_ACCESS_TOKEN', 'WHATSAPP_URL', 'WHATSAPP_VERSION',
  'PAYMENTS_URL', 'PAYMENTS_ACCESS_TOKEN', 'APP_URL', 'PUBLIC_URL', 'HASH_KEY', 'NOTIFICATIONS_PER_HOUR', 'DIGEST_MINUTES', 'BOUNDS',
  'EMAIL_PER_SECOND', 'PUSH_PER_SECOND', 'WHATSAPP_PER_SECOND', 'LOCK_SECONDS', 'CANARY_SECONDS', 'JOB_CRONS', 'JOB_TIME_ZONE', 'SETTLEMENT_GRACE_DAYS',
  'WORKER_CONSUMERS', 'WORKER_JOBS', 'WORKER_CONCURRENCY',
] as const;

await runProcess('worker', () => readConfig(needs), (runtime) => startWorkers(runtime, jobs));
