import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Keys that never reach a log line, where a careless object or a list of them carries them. */
const SECRET_KEYS = ['email', 'to', 'phone', 'name', 'token', 'authorization', 'password', 'secret', 'payload', 'headers'];
const DEPTHS = ['', '*.', '*.*.']; // each costs every line some microseconds

export interface LogOptions {
  /** `web`, `relay` or `worker`; on every line. */
  readonly process: string;
  readonly level: string;
  readonly destination?: DestinationStream;
}

/** Opens the process's log: JSON lines, constant messages, data in the object, secrets and personal data cut out. */
export function openLog({ process, level, destination }: LogOptions): Logger {
  const options = {
    level,
    base: { process },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: DEPTHS.flatMap((depth) => SECRET_KEYS.map((key) => `${depth}${key}`)), censor: '[redacted]' },
    serializers: { error: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * What a log may say of an error. PostgreSQL puts row values into `detail` and validators put input into messages, so
 * of a driver's error only its code and constraint are kept; our own errors are written to be read.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, stack = '' } = error;
  const code = 'code' in error ? String(error.code) : undefined;
  const constraint = 'constraint_name' in error ? String(error.constraint_name) : undefined;
  // A message of several lines may look like frames.
  const frames = stack.replace(error.message, '').split('\n').filter((line) => line.trimStart().startsWith('at ')).slice(0, 6);
  const message = code === undefined && name !== 'ZodError' ? error.message : undefined;
  return { type: name, message, code, constraint, stack: frames.map((frame) => frame.trim()) };
}
