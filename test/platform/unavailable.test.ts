import { getSystemErrorMap } from 'node:util';
import { ReplyError } from 'ioredis';
import {
  MongoAPIError, MongoInvalidArgumentError, MongoNetworkError, MongoNetworkTimeoutError, MongoNotConnectedError,
  MongoOperationTimeoutError, MongoServerError, MongoTopologyClosedError,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { endsSession } from '../../src/platform/errors/postgres-errors.ts';
import { TransactionLost } from '../../src/platform/transaction.ts';
import { classify, type ErrorClass, isUnavailable, Unavailable } from '../../src/platform/unavailable.ts';

const withCode = (code: string, facts: object = {}) => Object.assign(new Error(`${code} happened`), { code, ...facts });
const replied = (code: string, facts: object = {}) =>
  Object.assign(new Error(`the server said ${code}`), { name: 'PostgresError', code, severity: 'ERROR' }, facts);
const named = (name: string, message = name) => Object.defineProperty(new Error(message), 'name', { value: name });
const reply = (message: string): Error => new (ReplyError as new (text: string) => Error)(message);

describe('PostgreSQL', () => {
  test.for<[string, ErrorClass]>([
    ...[
      '08000', '08001', '08003', '08004', '08006', '08007', '08P01', '53000', '53100', '53200', '53300', '53400',
      '57000', '57P01', '57P02', '57P03', '57P04', '57P05', '58000', '58030', '58P01', '58P02', '58P03', '25006',
      '25P03', '25P04', '28000', '28P01', '3D000', '55P03',
    ].map((code): [string, ErrorClass] => [code, 'unavailable']),
    ['40001', 'again'], ['40P01', 'again'],
    ...[
      '57014', '22001', '22003', '22P02', '22021', '23502', '23503', '23505', '23514', '25P01', '25P02', '2D000',
      '40002', '42501', '42601', '42703', '42704', '42P01', '42P02', '54000', '55000', 'P0001', 'XX000', 'XX001',
    ].map((code): [string, ErrorClass] => [code, 'fault']),
  ])('%s is %s', ([code, expected]) => {
    expect(classify(replied(code))).toBe(expected);
  });

  test.for([
    'server login failed: FATAL password authentication failed', 'no more connections allowed (max_client_conn)',
    'query_wait_timeout', 'pgbouncer cannot connect to server', 'client_login_timeout',
    'unsupported startup parameter: statement_timeout',
  ])('PgBouncer’s refusal «%s» is unavailable', (message) => {
    expect(classify(replied('08P01', { message, severity: 'FATAL' }))).toBe('unavailable');
  });

  test.for<[string, string]>([
    ['58000', 'could not get connection from the pool - AllServersDown'], ['58000', 'client idle transaction timeout'],
    ['XX000', 'MaxClientsInSessionMode: max clients reached'], ['XX000', 'Max client connections reached'],
    ['XX000', 'Tenant or user not found'], ['XX000', 'Unable to check out process from the pool due to timeout'],
    ['XX000', 'odyssey: too many connections'],
  ])('the refusal %s «%s» of another pooler is unavailable', ([code, message]) => {
    expect(classify(replied(code, { message, severity: 'FATAL' }))).toBe('unavailable');
  });

  test.for<[string, ErrorClass]>([
    ['CONNECTION_CLOSED', 'unavailable'], ['CONNECTION_DESTROYED', 'unavailable'], ['CONNECTION_ENDED', 'unavailable'],
    ['CONNECT_TIMEOUT', 'unavailable'], ['SASL_SIGNATURE_MISMATCH', 'unavailable'],
    ['COPY_IN_PROGRESS', 'fault'], ['MAX_PARAMETERS_EXCEEDED', 'fault'], ['MESSAGE_NOT_SUPPORTED', 'fault'],
    ['NOT_TAGGED_CALL', 'fault'], ['UNDEFINED_VALUE', 'fault'], ['UNSAFE_TRANSACTION', 'fault'],
  ])('%s of postgres.js is %s', ([code, expected]) => {
    expect(classify(withCode(code))).toBe(expected);
  });

  test('a transaction that was lost is unavailable, and a statement of another session’s plan may run again', () => {
    expect(classify(new TransactionLost('no end within 1 ms'))).toBe('unavailable');
    expect(classify(replied('0A000', { routine: 'RevalidateCachedQuery' }))).toBe('again');
    expect(classify(replied('26000', { routine: 'FetchPreparedStatement' }))).toBe('again');
    expect(classify(replied('0A000', { routine: 'ExecInitNode' }))).toBe('fault');
  });

  test.for<[string, unknown, boolean]>([
    ['a session that was terminated', replied('57P01', { severity: 'FATAL' }), true],
    ['a connection that closed', withCode('CONNECTION_CLOSED'), true],
    ['a connection that was reset', withCode('ECONNRESET', { syscall: 'read' }), true],
    ['a full disk', replied('53100'), false],
    ['a duplicate key', replied('23505'), false],
    ['a mistake of ours', withCode('UNDEFINED_VALUE'), false],
    ['no error', undefined, false],
  ])('%s ends the session or does not', ([, error, expected]) => {
    expect(endsSession(error)).toBe(expected);
  });
});

describe('Redis', () => {
  test.for([
    'OOM command not allowed when used memory > \'maxmemory\'.',
    'READONLY You can\'t write against a read only replica.', 'MISCONF Redis is configured to save RDB snapshots',
    'NOREPLICAS Not enough good replicas to write.',
    'NOPERM this user has no permissions to run the \'evalsha\' command', 'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.', 'CLUSTERDOWN Hash slot not served',
    'MOVED 3999 127.0.0.1:6381', 'ASK 3999 127.0.0.1:6381', 'TRYAGAIN Multiple keys request during rehashing of slot',
    'CROSSSLOT Keys in request don\'t hash', 'BUSY Redis is busy running a script.',
    'LOADING Redis is loading the dataset in memory',
    'MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to \'no\'.',
    'UNKILLABLE Sorry the script already executed',
    'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
    'EXECABORT Transaction discarded because of previous errors.', 'NOSCRIPT No matching script.',
    'NOTBUSY No scripts in execution', 'ERR max number of clients reached', 'ERR unknown command \'EVALSHA\'',
    'WRONGTYPE Operation against a key',
    'ERR Error running script (call to f_a): @user_script:38: @user_script: 38: -OOM command not allowed',
    'ERR Error running script (call to f_a): @user_script:38: @user_script: 38: -READONLY You can\'t write',
  ])('«%s» is unavailable', (message) => {
    expect(classify(reply(message))).toBe('unavailable');
    expect(classify(named('ReplyError', message))).toBe('unavailable');
  });

  test.for([
    'Connection is closed.', 'Command timed out', 'Command aborted due to connection close',
    'Stream isn\'t writeable and enableOfflineQueue options is false', 'None of startup nodes is available',
    'Cluster is ended.', 'Cluster is disconnected.', 'Cluster is disconnecting.',
    'Cluster isn\'t ready and enableOfflineQueue options is false', 'Failed to refresh slots cache.',
    'Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1', 'Node is disconnected',
    'All sentinels are unreachable. Retrying from scratch after 10ms.', 'Redis is already connecting/connected',
    'Socket timeout. Expecting data, but didn\'t receive any in 5000ms.', 'No subscriber for the cluster',
    'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
    'BullMQ: cluster reconnect timed out after 30000ms',
  ])('the plain error «%s» is unavailable', (message) => {
    expect(classify(new Error(message))).toBe('unavailable');
  });

  test.for([
    'MaxRetriesPerRequestError', 'ClusterAllFailedError', 'ConnectionClosedError', 'ParserError',
  ])('%s is unavailable', (name) => {
    expect(classify(named(name))).toBe('unavailable');
  });
});

describe('MongoDB', () => {
  test.for([
    'MongoNetworkError', 'MongoNetworkTimeoutError', 'MongoServerSelectionError', 'MongoNotConnectedError',
    'MongoTopologyClosedError', 'MongoServerClosedError', 'MongoClientClosedError', 'MongoOperationTimeoutError',
    'MongoPoolClosedError', 'MongoPoolClearedError', 'PoolClearedOnNetworkError', 'MongoWaitQueueTimeoutError',
    'MongoStalePrimaryError', 'MongoWriteConcernError', 'MongoSystemError',
  ])('%s is unavailable', (name) => {
    expect(classify(named(name))).toBe('unavailable');
  });

  test.for([
    6, 7, 18, 63, 64, 79, 89, 91, 100, 133, 134, 150, 189, 262, 391, 9_001, 10_058, 10_107, 11_600, 11_602, 13_388,
    13_435, 13_436,
  ])('code %d is unavailable', (code) => {
    expect(classify(new MongoServerError({ message: 'no', code }))).toBe('unavailable');
  });

  test.for<[string, Error, ErrorClass]>([
    ['a network error', new MongoNetworkError('no'), 'unavailable'],
    ['a network time-out', new MongoNetworkTimeoutError('no'), 'unavailable'],
    ['no connection', new MongoNotConnectedError('no'), 'unavailable'],
    ['a closed topology', new MongoTopologyClosedError('no'), 'unavailable'],
    ['an operation out of time', new MongoOperationTimeoutError('no'), 'unavailable'],
    ['a retryable write', new MongoServerError({ code: 1, errorLabels: ['RetryableWriteError'] }), 'unavailable'],
    ['a write conflict', new MongoServerError({ message: 'no', code: 112 }), 'again'],
    ['a duplicate key', new MongoServerError({ message: 'no', code: 11_000 }), 'fault'],
    ['a document that fails validation', new MongoServerError({ message: 'no', code: 121 }), 'fault'],
    ['a statement that is too slow', new MongoServerError({ message: 'no', code: 50 }), 'fault'],
    ['a wrong argument', new MongoInvalidArgumentError('no'), 'fault'],
    ['a wrong use of the driver', new MongoAPIError('no'), 'fault'],
  ])('%s is %s', ([, error, expected]) => {
    expect(classify(error)).toBe(expected);
  });
});

describe('the network', () => {
  test.for([
    'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENONET',
    'ENOTCONN', 'EPIPE', 'EPROTO', 'ETIMEDOUT', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAI_AGAIN',
    'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'EAI_MEMORY',
  ])('%s is unavailable, and a code that Node knows', (code) => {
    expect([...getSystemErrorMap().values()].map(([name]) => name)).toContain(code);
    expect(classify(withCode(code, { syscall: 'read' }))).toBe('unavailable');
  });

  test.for([
    'ENOTFOUND', 'ESERVFAIL', 'ETIMEOUT', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED', 'ERR_SOCKET_CONNECTION_TIMEOUT',
    'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ])('%s is unavailable', (code) => {
    expect(classify(withCode(code))).toBe('unavailable');
  });

  test('a refusal of connect is about the connection, the same code of a file is not', () => {
    for (const code of ['EACCES', 'EPERM', 'ENOENT', 'EINVAL']) {
      expect(classify(withCode(code, { syscall: 'connect' }))).toBe('unavailable');
      expect(classify(withCode(code, { syscall: 'open' }))).toBe('fault');
    }
  });
});

const bothRefused = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]);

test.for<[string, unknown, ErrorClass]>([
  ['ours', new Unavailable('no'), 'unavailable'],
  ['wrapped', new Error('Failed query: select 1', { cause: replied('57P01') }), 'unavailable'],
  ['wrapped twice', new Error('one', { cause: new Error('two', { cause: withCode('ECONNRESET') }) }), 'unavailable'],
  ['a deadlock, wrapped', new Error('Failed query', { cause: replied('40P01') }), 'again'],
  ['both addresses of a host refused', bothRefused, 'unavailable'],
  ['fetch failed', new TypeError('fetch failed', { cause: bothRefused }), 'unavailable'],
  ['a mistake of ours', new TypeError('x is not a function'), 'fault'],
  ['an aborted signal', AbortSignal.abort().reason, 'fault'],
  ['a string', 'ECONNRESET', 'fault'],
  ['nothing', undefined, 'fault'],
])('%s has the class of what it holds', ([, error, expected]) => {
  expect(classify(error)).toBe(expected);
  expect(isUnavailable(error)).toBe(expected === 'unavailable');
});

test('a chain of causes that is a circle ends', () => {
  const error = new Error('a circle');
  error.cause = error;
  expect(classify(error)).toBe('fault');
});
