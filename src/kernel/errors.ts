/** The delivery can never succeed: it becomes a dead letter at once. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
}

/** The delivery is to be tried again, but not before `delayMs` from now; it costs no attempt. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(delayMs: number, reason: string) {
    super(reason);
    this.delayMs = delayMs;
  }
}

/** A dependency is down, whatever the delivery: the breaker holds the consumer and no attempt is spent. */
export class Outage extends Error {
  override readonly name = 'Outage';
}

const OUTAGE_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
  'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT', 'TRANSACTION_LOST',
  '57P01', '57P02', '57P03', '53300', '08000', '08003', '08006',
]);

/** Whether an error says that PostgreSQL, Redis or a provider is unreachable, by its code. */
export function isOutage(error: unknown): boolean {
  if (error instanceof Outage) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === 'MongoServerSelectionError' || error.name === 'MongoNetworkError') return true;
  return 'code' in error && OUTAGE_CODES.has(String(error.code));
}

/** Anything thrown, as an `Error`: handlers may throw strings or nothing at all. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${thrown === undefined ? 'undefined' : typeof thrown}`);
}
