import { endsSession, isReadOnlyServer } from './errors/postgres-errors.ts';
import { closeConnection, type Sql, type Tx } from './postgres.ts';
import { isQuery, traceQuery } from './trace-query.ts';
import { classify } from './unavailable.ts';

/** The transaction's connection or its time is gone. It may have committed only if `commit` was already on its way. */
export class TransactionLost extends Error {
  override readonly name = 'TransactionLost';
  readonly code = 'TRANSACTION_LOST';
}

export interface TransactionOptions {
  /** Milliseconds from the call, waiting for a connection included, until the caller gets `TransactionLost`. */
  readonly timeoutMs?: number;
  /**
   * Times that `work` may run again when PostgreSQL undid it because of another transaction (40001, 40P01): only for
   * work that does nothing outside the transaction. Each run has the whole time.
   */
  readonly reruns?: number;
}

/** Runs `work` in one transaction; every transaction of ours goes through here. */
export async function transaction<T>(
  sql: Sql,
  work: (tx: Tx) => Promise<T>,
  { timeoutMs = 30_000, reruns = 0 }: TransactionOptions = {},
): Promise<T> {
  for (let rerun = 0; ; rerun++) {
    try {
      return await runOnce(sql, work, timeoutMs);
    } catch (error) {
      if (rerun >= reruns || classify(error) !== 'again') throw error;
    }
  }
}

/**
 * Runs `work` in one transaction, once.
 *
 * postgres.js 3.4.9 would otherwise run the callback's next query on a fresh connection, outside any transaction, when
 * the backend dies under it, and crash on the rollback it then sends (porsager/postgres #1215, #1186, #1189, #1204).
 * So once the transaction is lost its handle sends nothing more, and the callback never settles.
 */
function runOnce<T>(sql: Sql, work: (tx: Tx) => Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const hold: Hold = { lost: undefined, over: false, pid: undefined, lose: () => undefined };
    const deadline = setTimeout(() => hold.lose(new TransactionLost(`no end within ${timeoutMs} ms`)), timeoutMs);
    hold.lose = (error) => {
      hold.lost ??= error;
      clearTimeout(deadline);
      closeConnection(sql, hold.pid);
      reject(error);
    };
    const settle = () => {
      clearTimeout(deadline);
      hold.pid = undefined; // the connection is back in its pool
    };

    sql
      .begin(async (tx) => {
        if (hold.lost !== undefined) throw hold.lost;
        try {
          const result = await work(guard(tx, hold));
          return await (hold.lost === undefined ? result : never<T>());
        } catch (error) {
          if (hold.lost !== undefined) return await never<T>();
          throw error;
        } finally {
          hold.over = true;
        }
      })
      .then(
        (result) => {
          settle();
          resolve(result as T);
        },
        (error: unknown) => {
          settle();
          hold.lose(error);
        },
      );
  });
}

interface Hold {
  lost: unknown;
  /** The callback has settled; a handler that was given up may still be running, and must not write any more. */
  over: boolean;
  /** The session's number at the server, once a query was sent. */
  pid: number | undefined;
  lose(error: unknown): void;
}

/** A promise that holds the callback for good; with the handle gone nothing refers to it, and it is collected. */
const never = <T>() => new Promise<T>(() => undefined);

/** The same handle, whose queries are refused at the last moment before they are sent once the transaction is lost. */
function guard(tx: Tx, hold: Hold): Tx {
  const watch = (made: unknown): unknown => {
    if (!isQuery(made)) return made;
    traceQuery(made);
    const send = made.handler;
    made.handler = (query) => {
      if (hold.lost !== undefined || hold.over) {
        return query.reject(hold.lost ?? new TransactionLost('the transaction is over'));
      }
      send(query);
      hold.pid ??= query.state?.pid;
    };
    // `then` of the query itself would send it; the promise beneath only listens.
    Promise.prototype.then.call(made, undefined, (error: unknown) => {
      if (endsSession(error) || isReadOnlyServer(error)) hold.lose(error);
    }).catch(hold.lose);
    return made;
  };
  return new Proxy(tx, {
    apply: (target, self, args) => watch(Reflect.apply(target, self, args)),
    get: (target, key) =>
      key === 'unsafe' ? (...args: Parameters<Tx['unsafe']>) => watch(target.unsafe(...args)) : Reflect.get(target, key),
  });
}
