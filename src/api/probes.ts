import { assertSchema } from '../platform/migrate.ts';
import type { Tx } from '../platform/postgres.ts';
import { shareFor } from '../platform/share-for.ts';
import { transaction } from '../platform/transaction.ts';
import type { Api, ApiDeps } from './context.ts';
import { unavailable } from './problem.ts';
import { requestLog } from './request-log.ts';

const PATIENCE_MS = 2_000;
const SHARED_MS = 1_000; // anybody may ask: a commit and a scrape cost too much for each

/** Adds the answers for supervisors, load balancers and metrics collectors. */
export function probeRoutes(api: Api, { sql, registry }: Pick<ApiDeps, 'sql' | 'registry'>): void {
  const tryCommit = shareFor(SHARED_MS, async () => {
    await assertSchema(sql);
    await transaction(sql, commitSomething, { timeoutMs: PATIENCE_MS });
  });
  const scrape = shareFor(SHARED_MS, () => registry.metrics());

  api.get('/livez', (c) => c.text('the loop turns\n'));

  api.get('/readyz', async (c) => {
    try {
      await tryCommit();
    } catch (error) {
      requestLog(c).warn({ error }, 'not ready');
      throw unavailable('Nothing can be committed now.');
    }
    return c.text('it can commit\n');
  });

  api.get('/metrics', async (c) => c.text(await scrape(), 200, { 'Content-Type': registry.contentType }));
}

/** A transaction that has an id leaves a record at commit: a standby refuses the id, a full disk the record. */
async function commitSomething(tx: Tx): Promise<void> {
  const [row] = await tx`select pg_current_xact_id(), current_setting('transaction_read_only') = 'on' as "readOnly"`;
  if (row?.['readOnly'] === true) throw new Error('the database takes no writes');
}
