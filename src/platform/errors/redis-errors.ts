import { ReplyError } from 'ioredis';
import type { ErrorClass } from './error-class.ts';

/** The base of the errors of ioredis (replies, aborts, exhausted retries); ioredis exports one class below it only. */
const RedisError = Object.getPrototypeOf(ReplyError) as { readonly prototype: object };

/** Names of errors of ioredis 6 and BullMQ 6, in case a second copy of a package made the error. */
const NAMES = new Set([
  'ReplyError', 'ParserError', 'InterruptError', 'MaxRetriesPerRequestError', 'ClusterAllFailedError',
  'ConnectionClosedError',
]);

/** Messages of ioredis 6 and BullMQ 6 for plain errors without a code. */
const MESSAGES = [
  /^Connection is closed\.$/,
  /^Command timed out$/,
  /^Command aborted due to connection close$/,
  /^Stream isn't writeable and enableOfflineQueue options is false$/,
  /^Socket timeout\. Expecting data, but didn't receive any in /,
  /^Reached the max retries per request limit /,
  /^None of startup nodes is available$/,
  /^Cluster is (?:disconnected|disconnecting|ended)\.$/,
  /^Cluster isn't ready and enableOfflineQueue options is false$/,
  /^Failed to refresh slots cache\.$/,
  /^Too many Cluster redirections\. Last error: /,
  /^Node is disconnected$/,
  /^No master node is available for the pipeline$/,
  /^No (?:sharded )?subscriber for /,
  /^All sentinels are unreachable/,
  /^BullMQ: cluster reconnect timed out after /,
  /^Redis is already connecting\/connected$/,
];

/** Returns true for an error that ioredis made, or BullMQ about its connection. */
export function isRedisError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (Object.prototype.isPrototypeOf.call(RedisError.prototype, error) || NAMES.has(error.name)) return true;
  return MESSAGES.some((message) => message.test(error.message));
}

/** Returns `unavailable` for any error of Redis, because no answer of Redis is about an event; undefined for others. */
export const classOfRedisError = (error: Error): ErrorClass | undefined =>
  isRedisError(error) ? 'unavailable' : undefined;

/** Returns true when a reply says that this node is no primary, or none yet: a new connection may reach the primary. */
export const isDemotedNode = ({ message }: Error): boolean =>
  /^(?:READONLY|MASTERDOWN|LOADING|UNBLOCKED)\b/.test(message) || /-(?:READONLY|MASTERDOWN|LOADING)\b/.test(message);
