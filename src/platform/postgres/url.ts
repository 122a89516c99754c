import { readFileSync } from 'node:fs';
import type { TlsSettings } from './socket.ts';

/** Settings that `DATABASE_URL` carries after its question mark. */
export interface UrlSettings {
  /** The URL without its parameters. */
  readonly url: string;
  readonly tls: TlsSettings | undefined;
  readonly connectTimeoutSeconds?: number;
  readonly targetSessionAttrs?: 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';
  /** Command-line options of the session, as libpq writes them: `-c work_mem=64MB`. */
  readonly options?: string;
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  readonly prepare: boolean;
}

/** Checks the value of a parameter that is honoured; says what it should be. */
interface Honoured {
  readonly isRight: (value: string) => boolean;
  readonly shouldBe: string;
}

const oneOf = (...values: readonly string[]): Honoured =>
  ({ isRight: (value) => values.includes(value), shouldBe: values.join(', ') });
const readableFile: Honoured = {
  isRight: (path) => readFile(path) !== undefined,
  shouldBe: 'a file that this process can read',
};

/** Parameters of libpq, Prisma and PgBouncer's users that have an effect here, or ask for what is so anyway. */
const HONOURED: Readonly<Record<string, Honoured>> = {
  sslmode: oneOf('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
  sslrootcert: { ...readableFile, isRight: (path) => path === 'system' || readFile(path) !== undefined },
  sslcert: readableFile,
  sslkey: readableFile,
  sslnegotiation: oneOf('postgres'),
  gssencmode: oneOf('disable', 'prefer'),
  channel_binding: oneOf('disable', 'prefer'), // the driver has no SCRAM-SHA-256-PLUS
  connect_timeout: { isRight: (value) => /^[1-9]\d?$/.test(value), shouldBe: 'seconds, 1 to 99' },
  target_session_attrs: oneOf('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
  options: { isRight: (value) => /^[\x20-\x7e]+$/.test(value), shouldBe: 'visible ASCII' },
  schema: oneOf('public'),
  pgbouncer: oneOf('true', 'false'),
  statement_cache_size: oneOf('0'),
};

const SET_BY_US = 'the pools of each process have fixed sizes and names; remove it';
const IN_THE_URL = 'write it before the question mark: postgres://user:password@host:port/database';
const NOT_OFFERED = 'the driver does not offer it; remove it';

/** Parameters that are known and would be ignored; silence would be a lie. */
const REFUSED: Readonly<Record<string, string>> = {
  connection_limit: SET_BY_US, pool_timeout: SET_BY_US, socket_timeout: SET_BY_US, max: SET_BY_US,
  application_name: SET_BY_US, fallback_application_name: SET_BY_US, client_encoding: 'it is UTF8; remove it',
  host: IN_THE_URL, hostaddr: IN_THE_URL, port: IN_THE_URL, dbname: IN_THE_URL, user: IN_THE_URL, password: IN_THE_URL,
  ...Object.fromEntries([
    'passfile', 'service', 'servicefile', 'require_auth', 'requirepeer', 'requiressl', 'replication',
    'load_balance_hosts', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count',
    'tcp_user_timeout', 'ssl', 'sslcompression', 'sslpassword', 'sslcertmode', 'sslcrl', 'sslcrldir', 'sslsni',
    'sslidentity', 'sslaccept', 'sslkeylogfile', 'ssl_min_protocol_version', 'ssl_max_protocol_version',
    'min_protocol_version', 'max_protocol_version', 'krbsrvname', 'gsslib', 'gssdelegation', 'scram_client_key',
    'scram_server_key', 'oauth_issuer', 'oauth_client_id', 'oauth_client_secret', 'oauth_scope',
  ].map((name) => [name, NOT_OFFERED])),
};

/** Returns what is wrong with the parameters of a URL, by name and without their values. */
export function findUrlMistakes(url: string): readonly string[] {
  const parameters = parametersOf(url);
  const mistakes = [...parameters].flatMap(([name, value]) => {
    const rule = HONOURED[name];
    if (rule !== undefined) return rule.isRight(value) ? [] : [`parameter ${name} must be ${rule.shouldBe}`];
    return [`parameter ${name}: ${REFUSED[name] ?? 'it is not known; remove it'}`];
  });
  const verifies = ['require', 'verify-ca', 'verify-full'].includes(parameters.get('sslmode') ?? '');
  if (parameters.has('sslrootcert') && !verifies) {
    mistakes.push('parameter sslrootcert needs sslmode=verify-full beside it');
  }
  if (parameters.has('sslcert') !== parameters.has('sslkey')) {
    mistakes.push('parameters sslcert and sslkey: set both or neither');
  }
  return mistakes;
}

/** Reads the URL of a database. @throws {Error} that names each parameter that can be neither honoured nor ignored. */
export function readPostgresUrl(text: string): UrlSettings {
  const mistakes = findUrlMistakes(text);
  if (mistakes.length > 0) throw new Error(`the database's URL is wrong: ${mistakes.join('; ')}`);
  const parameters = parametersOf(text);
  const timeout = parameters.get('connect_timeout');
  const attrs = parameters.get('target_session_attrs');
  const options = parameters.get('options');
  return {
    url: text.split('?')[0] ?? text,
    tls: tlsOf(parameters),
    prepare: parameters.get('pgbouncer') !== 'true' && !parameters.has('statement_cache_size'),
    ...(timeout !== undefined && { connectTimeoutSeconds: Number(timeout) }),
    ...(attrs !== undefined && attrs !== 'any' && { targetSessionAttrs: attrs as 'read-write' }),
    ...(options !== undefined && { options }),
  };
}

function tlsOf(parameters: ReadonlyMap<string, string>): TlsSettings | undefined {
  const sslmode = parameters.get('sslmode') ?? 'disable';
  if (sslmode === 'disable') return undefined;
  const root = parameters.get('sslrootcert');
  const files = {
    ca: root === 'system' ? undefined : root, cert: parameters.get('sslcert'), key: parameters.get('sslkey'),
  };
  const contents = Object.entries(files)
    .flatMap(([name, path]) => (path === undefined ? [] : [[name, readFile(path)]]));
  return { mode: modeOf(sslmode, root), ...Object.fromEntries(contents) };
}

/** As libpq does: a root certificate makes `require` verify, and that of the system is for `verify-full`. */
function modeOf(sslmode: string, root: string | undefined): TlsSettings['mode'] {
  if (root === 'system') return 'verify-full';
  if (sslmode === 'require' && root !== undefined) return 'verify-ca';
  return sslmode === 'allow' ? 'prefer' : (sslmode as TlsSettings['mode']);
}

const parametersOf = (url: string): Map<string, string> => new Map(new URLSearchParams(url.split('?')[1] ?? ''));

function readFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
