import { codeOf, type ErrorClass } from './error-class.ts';
import { classOfNetworkError } from './network-errors.ts';

/** SQLSTATE classes whose every code says that the server, and not the statement, has a problem. */
const UNAVAILABLE_CLASSES = new Set([
  '08', // the connection; PgBouncer refuses with 08P01, whatever its reason is
  '53', // disk, memory, connections or locks ran out
  '58', // the operating system; pgcat refuses with 58000
]);

/** Codes by class; source: PostgreSQL 18, appendix A. A code that is not here is a fault. */
const CLASS_BY_CODE: Readonly<Record<string, ErrorClass>> = {
  '25006': 'unavailable', // a read-only transaction: the server is a standby now
  '25P03': 'unavailable', // idle_in_transaction_session_timeout: our process stood still
  '25P04': 'unavailable', // transaction_timeout ended the session
  '28000': 'unavailable', // the role may not sign in: a deployment's mistake, never a row's
  '28P01': 'unavailable', // the password is wrong: it is being changed
  '3D000': 'unavailable', // the database does not exist
  '55P03': 'unavailable', // lock_timeout: a migration or a job has the lock, and another wait would end the same way
  '57000': 'unavailable',
  '57P01': 'unavailable', // an administrator ended the session
  '57P02': 'unavailable', // the server crashed
  '57P03': 'unavailable', // the server starts or stops
  '57P04': 'unavailable', // the database was dropped
  '57P05': 'unavailable', // idle_session_timeout
  '40001': 'again', // a serialization failure
  '40P01': 'again', // a deadlock
  // statement_timeout: a statement that is too slow once is too slow each time, and would hold its consumer for good.
  '57014': 'fault',
};

/** Codes that postgres.js 3.4.9, `transaction` and our sockets make; those of faults are mistakes of the caller. */
const CLASS_BY_DRIVER_CODE: Readonly<Record<string, ErrorClass>> = {
  CONNECTION_CLOSED: 'unavailable',
  CONNECTION_DESTROYED: 'unavailable',
  CONNECTION_ENDED: 'unavailable', // our own pool was closed: the process stops
  CONNECT_FAILED: 'unavailable',
  CONNECT_TIMEOUT: 'unavailable',
  SASL_SIGNATURE_MISMATCH: 'unavailable', // something else answers at the server's address
  TRANSACTION_LOST: 'unavailable',
  COPY_IN_PROGRESS: 'fault',
  MAX_PARAMETERS_EXCEEDED: 'fault',
  MESSAGE_NOT_SUPPORTED: 'fault',
  NOT_TAGGED_CALL: 'fault',
  UNDEFINED_VALUE: 'fault',
  UNSAFE_TRANSACTION: 'fault',
};

/** Refusals of poolers that come as an internal error (Supavisor, Odyssey). */
const POOLER_REFUSALS = [
  /max(?:imum)? ?client/i,
  /too many (?:clients|connections)/i,
  /no more connections/i,
  /server login|query_wait_timeout/i,
  /tenant or user not found/i,
  /unable to check ?out/i,
];

/** Routines that refuse a prepared statement because a table changed or a pooler gave us another session. */
const STALE_STATEMENT = new Set(['FetchPreparedStatement', 'RevalidateCachedQuery', 'transformAssignedExpr']);

/** Returns the class of an error that PostgreSQL, a pooler or postgres.js made; undefined for another error. */
export function classOfPostgresError(error: Error): ErrorClass | undefined {
  const code = codeOf(error);
  const known = CLASS_BY_CODE[code] ?? CLASS_BY_DRIVER_CODE[code];
  if (known !== undefined) return known;
  if (!isPostgresError(error)) return undefined;
  if (UNAVAILABLE_CLASSES.has(code.slice(0, 2))) return 'unavailable';
  if (code === 'XX000' && POOLER_REFUSALS.some((refusal) => refusal.test(error.message))) return 'unavailable';
  return 'routine' in error && STALE_STATEMENT.has(String(error.routine)) ? 'again' : 'fault';
}

/** Returns true when the session has ended with this error, so that its connection can carry nothing more. */
export function endsSession(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isPostgresError(error)) return 'severity' in error && ['FATAL', 'PANIC'].includes(String(error.severity));
  return CLASS_BY_DRIVER_CODE[codeOf(error)] === 'unavailable' || classOfNetworkError(error) !== undefined;
}

/** Returns true when the server behind this connection takes no writes: another connection may reach one that does. */
export const isReadOnlyServer = (error: unknown): boolean => error instanceof Error && codeOf(error) === '25006';

/** An error with an SQLSTATE: postgres.js names the class, other drivers and wrappers do not. */
const isPostgresError = (error: Error): boolean =>
  error.name === 'PostgresError' || ('severity' in error && /^[0-9A-Z]{5}$/.test(codeOf(error)));
