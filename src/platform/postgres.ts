import type { Socket } from 'node:net';
import postgres from 'postgres';
import { ConfigError } from './config-error.ts';
import type { Logger } from './log.ts';
import { pgArrays } from './pg-arrays.ts';
import { findSessions } from './postgres/probe.ts';
import { openSocket, type SocketTarget } from './postgres/socket.ts';
import { readPostgresUrl, type UrlSettings } from './postgres/url.ts';
import { type ConnectionWatch, type WatchLimits, watchConnections } from './postgres/watch.ts';
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
  /** `off` for writes that may be repeated: a crash of PostgreSQL may undo its last half second. */
  readonly synchronousCommit?: 'on' | 'off';
  /** Plans each statement for the tables as they are: for rare statements over much, whose first plan was for little. */
  readonly planAfresh?: boolean;
  /** Where dead connections are reported. */
  readonly log?: Logger;
  /** Limits of silence, for tests. */
  readonly limits?: Partial<WatchLimits>;
}

const CONNECT_SECONDS = 5;
const STATEMENT_TIMEOUT_MS = 20_000;
const LOCK_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_MS = 15_000;
const MARGIN_MS = 5_000; // between a limit of the server and ours for the same
const KEEP_ALIVE_SECONDS = 10; // shorter than the shortest memory of a NAT

/** Where the next connection of a pool goes. */
interface Hosts {
  index: number;
  /** Connections that could not be made, since the last one that could. */
  failures: number;
}

const watches = new WeakMap<Sql, ConnectionWatch>();

/**
 * Opens a pool; `end()` closes it. `fetch_types` stays off: with it on, postgres.js 3.4.9 can hang on a connection that
 * dies while it asks, so arrays come from `pg-arrays.ts` and each is cast where it is used (`${ids}::uuid[]`).
 */
export function openPostgres({ url, ...options }: PostgresOptions): Sql {
  const settings = readPostgresUrl(url);
  const { log, name } = options;
  const hosts: Hosts = { index: 0, failures: 0 };
  const watch = watchConnections({
    ...limitsOf(options),
    findSessions: (pids) => findSessions(() => openProbe(settings, options, hosts), pids),
    onClosed: (connections) => log?.warn({ pool: name, connections }, 'dead postgres connections closed'),
    onReadOnly: () => hosts.index++,
  });
  const driver = {
    ...driverOptions(settings),
    max: options.connections ?? 10,
    idle_timeout: 60,
    backoff: () => Math.min(0.05 * 2 ** hosts.failures, 2),
    connection: sessionSettings(settings, options),
    socket: openWatched(settings, hosts, (socket) => watch.add(socket)),
  };
  const sql = postgres(settings.url, driver) as Sql;
  const traced = new Proxy(sql, {
    apply(target, self, args) {
      const made: unknown = Reflect.apply(target, self, args);
      if (isQuery(made)) traceQuery(made);
      return made;
    },
  });
  watches.set(traced, watch);
  return traced;
}

/**
 * Refuses a server or pooler that does not apply our limits: without them a stuck statement holds its locks for ever.
 * @throws {ConfigError} in one line that says what to do.
 */
export async function assertLimits(sql: Sql): Promise<void> {
  const missing = await findMissingLimits(sql);
  if (missing.length === 0) return;
  const advice = 'connect to PostgreSQL itself, or set them for the role (alter role … set …) and name them in'
    + ' ignore_startup_parameters';
  throw new ConfigError(`DATABASE_URL: a pooler does not apply ${missing.join(', ')}; ${advice}`);
}

const LIMITS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const;

async function findMissingLimits(sql: Sql): Promise<readonly string[]> {
  try {
    const rows = await sql<{ name: string }[]>`
      select name from unnest(${[...LIMITS]}::text[]) as name where current_setting(name) = '0' order by name
    `;
    return rows.map(({ name }) => name);
  } catch (error) {
    const { message = '' } = Object(error) as { message?: string };
    const refused = /unsupported startup parameter(?: in options)?: (\w+)/.exec(message)?.[1];
    if (refused === undefined) throw error;
    return [refused];
  }
}

/** Closes the connection of a session, so that it does not return to its pool. */
export function closeConnection(sql: Sql, pid: number | undefined): void {
  if (pid !== undefined) watches.get(sql)?.close(pid);
}

function limitsOf({ statementTimeoutMs = STATEMENT_TIMEOUT_MS, limits }: Omit<PostgresOptions, 'url'>): WatchLimits {
  return {
    suspectMs: 5_000,
    silenceMs: statementTimeoutMs + MARGIN_MS,
    restMs: IDLE_IN_TRANSACTION_MS + MARGIN_MS,
    lookMs: 1_000,
    ...limits,
  };
}

function driverOptions({ connectTimeoutSeconds = CONNECT_SECONDS, targetSessionAttrs, prepare }: UrlSettings) {
  return {
    fetch_types: false,
    types: pgArrays,
    prepare,
    ssl: false, // our sockets speak TLS themselves
    connect_timeout: connectTimeoutSeconds,
    keep_alive: KEEP_ALIVE_SECONDS,
    onnotice: () => undefined,
    ...(targetSessionAttrs !== undefined && { target_session_attrs: targetSessionAttrs }),
  };
}

function sessionSettings(
  { options }: UrlSettings,
  { name, statementTimeoutMs = STATEMENT_TIMEOUT_MS, synchronousCommit, planAfresh }: Omit<PostgresOptions, 'url'>,
) {
  return {
    application_name: name,
    TimeZone: 'UTC',
    ...(options !== undefined && { options }),
    ...(synchronousCommit !== undefined && { synchronous_commit: synchronousCommit }),
    ...(planAfresh === true && { plan_cache_mode: 'force_custom_plan' }),
    statement_timeout: statementTimeoutMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
}

/** Returns a socket factory for postgres.js, which goes to the next host when a connection could not be made. */
function openWatched(settings: UrlSettings, hosts: Hosts, onOpen: (socket: Socket) => void) {
  const timeoutMs = (settings.connectTimeoutSeconds ?? CONNECT_SECONDS) * 1_000;
  return async (target: SocketTarget): Promise<Socket> => {
    const hostIndex = hosts.index % target.host.length;
    const socket = await openSocket(target, { tls: settings.tls, timeoutMs, hostIndex });
    socket.once('data', () => (hosts.failures = 0));
    socket.once('close', () => {
      if (socket.bytesRead > 0) return;
      hosts.failures++;
      hosts.index++;
    });
    if (settings.targetSessionAttrs !== undefined) hosts.index++; // the driver closes one that is not of the right kind
    onOpen(socket);
    return socket;
  };
}

/** A single connection, made afresh, for a question about the pool's own. */
function openProbe(settings: UrlSettings, { name }: Omit<PostgresOptions, 'url'>, hosts: Hosts): postgres.Sql {
  const endSoon = (socket: Socket) => void socket.setTimeout(2 * MARGIN_MS, () => socket.destroy());
  const driver = {
    ...driverOptions(settings),
    max: 1,
    connect_timeout: 3,
    connection: { application_name: `${name} probe`, statement_timeout: MARGIN_MS },
    socket: openWatched(settings, hosts, endSoon),
  };
  return postgres(settings.url, driver) as postgres.Sql;
}
