import { templateContracts } from '../templates/index.ts';
import { readConfig } from './config.ts';
import { contracts } from './events/index.ts';
import { jobs } from './jobs/index.ts';
import { publishTemplates } from './notifications/templates/templates.ts';
import { maintainPartitions } from './outbox/partitions.ts';
import { registerSubscribers } from './outbox/subscriptions.ts';
import { migrate } from './platform/migrate.ts';
import { openPostgres } from './platform/postgres.ts';
import { runTask } from './platform/runtime.ts';
import { registerJobs } from './kernel/jobs/job-runs.ts';
import { openDocuments } from './documents/open-documents.ts';
import { consumers } from './workers/index.ts';

// Brings the stores to what this release needs, before any of its processes starts; running it again changes nothing.
await runTask('release', () => readConfig([]), async ({ config, log, stack }) => {
  const sql = stack.adopt(openPostgres({ url: config.DATABASE_URL, name: 'release', connections: 2 }), (pool) => pool.end({ timeout: 5 }));
  const { documents } = stack.adopt(openDocuments(sql, config.MONGODB_URL), ({ close }) => close());
  const migrations = await migrate(sql);
  await maintainPartitions(sql, new Date());
  await registerSubscribers(sql, contracts, consumers);
  await registerJobs(sql, jobs.map(({ name }) => name));
  await documents.prepare();
  await publishTemplates(documents, { contracts: templateContracts, by: 'release', reason: 'release' });
  log.info({ migrations }, 'released');
});
