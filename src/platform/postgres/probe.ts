import type postgres from 'postgres';

/** Whether the server works on an answer for a session: `gone` means that no answer will come. */
export type SessionState = 'working' | 'gone' | 'unknown';

interface Row {
  readonly pid: number;
  readonly isVisible: boolean;
  readonly isWorking: boolean;
}

const LONGEST_MS = 3_000;

/**
 * Asks the server over a fresh connection about sessions that wait for an answer. A session is gone when the server
 * does not know it, waits for the client itself, or finished a while ago.
 */
export async function findSessions(
  open: () => postgres.Sql,
  pids: readonly number[],
): Promise<Map<number, SessionState>> {
  const sql = open();
  const query = sql<Row[]>`
    select pid, state is not null and state <> 'disabled' as "isVisible",
           (state in ('active', 'fastpath function call') and wait_event_type is distinct from 'Client')
             or state_change > clock_timestamp() - interval '1 second' as "isWorking"
    from pg_stat_activity
    where pid = pg_backend_pid() or pid = any(string_to_array(${pids.join(',')}, ',')::integer[])
  `;
  try {
    const rows = await Promise.race([query, rejectIn(LONGEST_MS)]);
    const own = (query as unknown as { readonly state?: { readonly pid: number } }).state?.pid;
    const byPid = new Map(rows.map((row) => [row.pid, row]));
    // A pooler gives its clients numbers of its own, which say nothing about the server's sessions.
    const isDirect = own !== undefined && byPid.has(own);
    return new Map(pids.map((pid) => [pid, isDirect ? stateOf(byPid.get(pid)) : 'unknown']));
  } finally {
    void sql.end({ timeout: 0 });
  }
}

function stateOf(row: Row | undefined): SessionState {
  if (row === undefined) return 'gone';
  if (!row.isVisible) return 'unknown';
  return row.isWorking ? 'working' : 'gone';
}

function rejectIn(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref();
  });
}
