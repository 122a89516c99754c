import { readConfig } from '../config.ts';
import { runProcess } from '../platform/runtime.ts';
import { startWeb } from './start-web.ts';

const needs = [
  'PORT', 'PUBLIC_URL', 'TRUSTED_PROXIES', 'USER_RATE', 'ADDRESS_RATE',
  'JWT_SECRET', 'JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'HASH_KEY', 'PAYMENTS_WEBHOOK_SECRETS',
] as const;

await runProcess('web', () => readConfig(needs), startWeb);
