/** What we depend on is down, whoever asks; or it wants nobody to ask for so many milliseconds. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly forMs: number | undefined;

  constructor(reason: string, { forMs, ...options }: ErrorOptions & { readonly forMs?: number } = {}) {
    super(reason, options);
    this.forMs = forMs;
  }
}

const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
  'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT', 'TRANSACTION_LOST',
  '57P01', '57P02', '57P03', '53300', '08000', '08003', '08006',
]);

/** Whether an error says that PostgreSQL, Redis or a provider is unreachable, by its code. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Unavailable) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === 'MongoServerSelectionError' || error.name === 'MongoNetworkError') return true;
  return 'code' in error && UNAVAILABLE_CODES.has(String(error.code));
}
