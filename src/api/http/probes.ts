import { assertSchema } from '../../platform/migrate.ts';
import type { Tx } from '../../platform/postgres.ts';
import { shareFor } from '../../platform/share-for.ts';
import { transaction } from '../../platform/transaction.ts';
import type { Api, ApiDeps } from './context.ts';
import { unavailable } from './problem.ts';
import { requestLog } from './request-log.ts';

const PATIENCE_MS = 2_000;
const SHARED_MS = 1_000; // anybody may ask: a commit for each costs too much
const SCHEMA_MS = 30_000; // a schema that fitted is checked again

/** Adds the answer for supervisors. */
export function livenessRoute(api: Api): void {
  api.get('/livez', (c) => c.text('the loop turns\n'));
}

/** Adds the answer for load balancers. */
export function readinessRoute(api: Api, { sql }: Pick<ApiDeps, 'sql'>): void {
  let schemaUntilMs = 0;
  const tryCommit = shareFor(SHARED_MS, async () => {
    if (performance.now() > schemaUntilMs) {
      await assertSchema(sql);
      schemaUntilMs = performance.now() + SCHEMA_MS;
    }
    await transaction(sql, commitSomething, { timeoutMs: PATIENCE_MS });
  });

  api.get('/readyz', async (c) => {
    try {
      await tryCommit();
    } catch (error) {
      requestLog(c).warn({ error }, 'not ready');
      throw unavailable('Nothing can be committed now.');
    }
    return c.text('it can commit\n');
  });
}

/** A transaction that has an id leaves a record at commit: a standby refuses the id, a full disk the record. */
async function commitSomething(tx: Tx): Promise<void> {
  const [row] = await tx`select pg_current_xact_id(), current_setting('transaction_read_only') = 'on' as "readOnly"`;
  if (row?.['readOnly'] === true) throw new Error('the database takes no writes');
}
