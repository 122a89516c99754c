import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether a secret and what is shown for it are the same, in a time that tells nothing about where they differ. */
export function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest(); // texts of any length become equally long
  return timingSafeEqual(digest(one), digest(other));
}
