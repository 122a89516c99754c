import postgres from 'postgres';
import { pgArrays } from './pg-arrays.ts';
import { isQuery, traceQuery } from './trace-query.ts';

export type Sql = postgres.Sql;
/** A transaction's handle: it refuses every query once the transaction is lost. */
export type Tx = postgres.TransactionSql;
/** Either: for a statement that is right inside and outside a transaction. */
export type Db = postgres.ISql;

export interface PostgresOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  readonly connections?: number;
  readonly statementTimeoutMs?: number;
  /** `off` for whoever writes nothing that can't be done again: a crash of PostgreSQL may undo its last half second. */
  readonly synchronousCommit?: 'on' | 'off';
  /** Plans each statement for the tables as they are: for rare statements over much, whose first plan was for little. */
  readonly planAfresh?: boolean;
}

/**
 * Opens a pool; `end()` closes it. `fetch_types` stays off: with it on, postgres.js 3.4.9 can hang on a connection that
 * dies while it asks, so arrays come from `pg-arrays.ts` and each is cast where it is used (`${ids}::uuid[]`).
 */
export function openPostgres({ url, name, connections = 10, statementTimeoutMs = 20_000, ...rest }: PostgresOptions): Sql {
  const sql = postgres(url, {
    max: connections,
    fetch_types: false,
    types: pgArrays,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 2),
    onnotice: () => undefined,
    connection: {
      application_name: name,
      TimeZone: 'UTC',
      ...(rest.synchronousCommit !== undefined && { synchronous_commit: rest.synchronousCommit }),
      ...(rest.planAfresh === true && { plan_cache_mode: 'force_custom_plan' }),
      statement_timeout: statementTimeoutMs,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 15_000,
    },
  }) as Sql;
  return new Proxy(sql, {
    apply(target, self, args) {
      const made: unknown = Reflect.apply(target, self, args);
      if (isQuery(made)) traceQuery(made);
      return made;
    },
  });
}
