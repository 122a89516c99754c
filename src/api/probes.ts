import { assertSchema } from '../platform/migrate.ts';
import type { Tx } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import type { Api, ApiDeps } from './context.ts';
import { unavailable } from './problem.ts';
import { requestLog } from './request-log.ts';

const PATIENCE_MS = 2_000;

/** What a supervisor, a load balancer and a metrics collector ask. */
export function probeRoutes(api: Api, { sql, registry }: Pick<ApiDeps, 'sql' | 'registry'>): void {
  api.get('/livez', (c) => c.text('the loop turns\n'));

  api.get('/readyz', async (c) => {
    try {
      await assertSchema(sql);
      await transaction(sql, commitSomething, { timeoutMs: PATIENCE_MS });
    } catch (error) {
      requestLog(c).warn({ error }, 'not ready');
      throw unavailable('Nothing can be committed now.');
    }
    return c.text('it can commit\n');
  });

  api.get('/metrics', async (c) => c.text(await registry.metrics(), 200, { 'Content-Type': registry.contentType }));
}

/** A transaction that has an id leaves a record at commit: a standby refuses the id, a full disk the record. */
async function commitSomething(tx: Tx): Promise<void> {
  const [row] = await tx`select pg_current_xact_id(), current_setting('transaction_read_only') = 'on' as "readOnly"`;
  if (row?.['readOnly'] === true) throw new Error('the database takes no writes');
}
