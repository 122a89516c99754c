import { readConfig } from '../config.ts';
import { jobs } from '../jobs/index.ts';
import { runProcess } from '../platform/runtime.ts';
import { startWorkers } from './start-workers.ts';

const needs = ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL', 'LOCK_SECONDS', 'CANARY_SECONDS'] as const;

await runProcess('worker', () => readConfig(needs), (runtime) => startWorkers(runtime, jobs));
