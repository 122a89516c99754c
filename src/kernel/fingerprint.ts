import { createHash } from 'node:crypto';
import { describeError } from '../platform/log.ts';

/** Text of an error that operators may read, and the key by which equal failures are grouped. */
export interface Failure {
  readonly error: string;
  readonly fingerprint: string;
}

const LONGEST = 500;

/** What a dead letter says of an error: no row values or input, and a fingerprint that ignores numbers and ids. */
export function fingerprint(error: Error): Failure {
  const { type, message, code, constraint, stack } = describeError(error);
  const text = [type, code, constraint, message].filter((part) => part !== undefined).join(': ')
    .replaceAll('\0', ' ').slice(0, LONGEST); // PostgreSQL holds no NUL, and the letter has to be written
  const frames = (stack as string[]).filter((frame) => !frame.includes('node_modules')).slice(0, 3);
  const places = frames.map((frame) => frame.replaceAll(/:\d+:\d+/g, ''));
  const shape = [text.replaceAll(/[0-9a-f-]{36}|\d+/g, '#'), ...places];
  return { error: text, fingerprint: createHash('sha256').update(shape.join('\n')).digest('hex').slice(0, 12) };
}
