import { diagnose } from '../backoffice/doctor/diagnose.ts';
import { secretsOf } from '../backoffice/doctor/examine-secrets.ts';
import { mountBackoffice } from '../backoffice/routes.ts';
import { readConfig } from '../config.ts';
import { contracts } from '../events/index.ts';
import { jobs } from '../jobs/index.ts';
import { runProcess } from '../platform/runtime.ts';
import { type Backoffice, startWeb } from './start-web.ts';

const needs = [
  'PORT', 'PUBLIC_URL', 'TRUSTED_PROXIES', 'CORS_ORIGINS', 'USER_RATE', 'ADDRESS_RATE', 'CONNECTIONS_PER_ADDRESS',
  'KEYS_PER_DAY',
  'BOUNDS', 'INBOX_STREAMS',
  'JWT_SECRET', 'JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_MAX_HOURS', 'HASH_KEY', 'PAYMENTS_WEBHOOK_SECRETS',
  'WEB_PUSH_ORIGINS', 'VAPID_PUBLIC_KEY', 'JOB_CRONS', 'JOB_TIME_ZONE', 'WHATSAPP_APP_SECRET', 'WHATSAPP_VERIFY_TOKEN',
] as const;

const backoffice: Backoffice = {
  mount: mountBackoffice,
  diagnose: ({ config, ...examined }) => diagnose({ ...examined, contracts, secrets: secretsOf(config), urls: config }),
};

await runProcess('web', () => readConfig(needs), (runtime) => startWeb(runtime, { jobs, backoffice }));
