import type { ErrorClass } from './errors/error-class.ts';
import { classOfMongoError } from './errors/mongo-errors.ts';
import { classOfNetworkError } from './errors/network-errors.ts';
import { classOfPostgresError } from './errors/postgres-errors.ts';
import { classOfRedisError } from './errors/redis-errors.ts';

export type { ErrorClass } from './errors/error-class.ts';

/** What is known of an outage beside its reason. */
export interface Outage extends ErrorOptions {
  /** Milliseconds for which the provider asks to be left alone. */
  readonly forMs?: number | undefined;
  /** Milliseconds for which this work waits at least, however short the outage is. */
  readonly waitMs?: number | undefined;
  /** The provider refuses our account: waiting alone does not end it. */
  readonly isAccount?: boolean;
}

/** A dependency cannot be used now, for any work. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly forMs: number | undefined;
  readonly waitMs: number | undefined;
  readonly isAccount: boolean;

  constructor(reason: string, { forMs, waitMs, isAccount = false, ...options }: Outage = {}) {
    super(reason, options);
    this.forMs = forMs;
    this.waitMs = waitMs;
    this.isAccount = isAccount;
  }
}

const TABLES = [classOfPostgresError, classOfMongoError, classOfRedisError, classOfNetworkError];
const DEEPEST = 8; // a chain of causes may be a circle

/** Returns the class of an error of PostgreSQL, Redis, MongoDB, a provider or the network; any other is a fault. */
export const classify = (error: unknown): ErrorClass => findClass(error, DEEPEST) ?? 'fault';

/** Returns true when the error says that a dependency cannot be used now: hold the work, it costs no attempt. */
export const isUnavailable = (error: unknown): boolean => classify(error) === 'unavailable';

/** Returns the first class that the error, the errors it gathers or its causes have. */
function findClass(error: unknown, depth: number): ErrorClass | undefined {
  if (!(error instanceof Error) || depth === 0) return undefined;
  if (error instanceof Unavailable) return 'unavailable';
  for (const classOf of TABLES) {
    const found = classOf(error);
    if (found !== undefined) return found;
  }
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  for (const nested of inner) {
    const found = findClass(nested, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
