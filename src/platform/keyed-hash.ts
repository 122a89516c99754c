import { createHmac } from 'node:crypto';

/**
 * What tells equal texts from others without telling the text: HMAC-SHA256 in hex. Hashes of different purposes can't
 * be matched with one another; another key makes every hash another.
 */
export function keyedHash(key: string, purpose: string, text: string): string {
  return createHmac('sha256', key).update(`${purpose}\0${text}`).digest('hex');
}
