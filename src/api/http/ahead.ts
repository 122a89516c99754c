import { unprocessable } from './problem.ts';

const FURTHEST_MS = 2 * 366 * 86_400_000; // two years: beyond, it is a slip of the pen

/**
 * Refuses a time that is not ahead of us. It asks within the command, so that a repetition still gets the first answer.
 * @throws {Problem} 422
 */
export function assertAhead(at: Date, now: Date, pointer: string): void {
  const aheadMs = at.getTime() - now.getTime();
  if (aheadMs > 0 && aheadMs <= FURTHEST_MS) return;
  throw unprocessable(pointer, 'must be in the future, and within two years');
}
