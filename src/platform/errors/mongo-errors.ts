import type { ErrorClass } from './error-class.ts';

/** Names of errors of the driver, mongodb 7.9, that say a server cannot be used now. */
const UNAVAILABLE_NAMES = new Set([
  'MongoClientClosedError', 'MongoNetworkError', 'MongoNetworkTimeoutError', 'MongoNotConnectedError',
  'MongoOperationTimeoutError', 'MongoPoolClearedError', 'MongoPoolClosedError', 'MongoServerClosedError',
  'MongoServerSelectionError', 'MongoStalePrimaryError', 'MongoSystemError', 'MongoTopologyClosedError',
  'MongoUnexpectedServerResponseError', 'MongoWaitQueueTimeoutError', 'MongoWriteConcernError',
  'PoolClearedOnNetworkError',
]);

/** Codes of a server that starts, stops, steps down or cannot be reached by its own replica set. */
const UNAVAILABLE_CODES = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  18, // AuthenticationFailed: the password is being changed
  63, 150, 13388, // stale sharding information
  64, // WriteConcernTimeout: no majority in time
  79, 100, // the write concern cannot be had with the members that are left
  89, // NetworkTimeout
  91, // ShutdownInProgress
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  262, // ExceededTimeLimit
  317, // ConnectionPoolExpired
  358, // InternalTransactionNotSupported while the set is reconfigured
  391, // Reauthenticate
  462, // IngressRequestRateLimitExceeded
  9_001, // SocketException
  10_058, 10_107, 13_435, 13_436, // not a primary
  11_600, 11_602, // interrupted by a shutdown or a change of primary
]);

/** Codes of a transaction that was undone because of another one. */
const AGAIN_CODES = new Set([
  24, // LockTimeout
  112, // WriteConflict
]);

const UNAVAILABLE_LABELS = ['RetryableWriteError', 'SystemOverloadedError', 'PoolRequestedRetry', 'ResetPool'];

/** Returns the class of an error of the MongoDB driver; undefined for another error. */
export function classOfMongoError(error: Error): ErrorClass | undefined {
  if (UNAVAILABLE_NAMES.has(error.name)) return 'unavailable';
  if (!error.name.startsWith('Mongo')) return undefined;
  const code = 'code' in error ? Number(error.code) : Number.NaN;
  if (UNAVAILABLE_CODES.has(code) || UNAVAILABLE_LABELS.some((label) => hasLabel(error, label))) return 'unavailable';
  return AGAIN_CODES.has(code) ? 'again' : 'fault';
}

interface Labelled {
  hasErrorLabel(label: string): boolean;
}

const hasLabel = (error: Error, label: string): boolean =>
  'hasErrorLabel' in error && (error as Error & Labelled).hasErrorLabel(label);
