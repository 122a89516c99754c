import { expect, test } from 'vitest';
import { keyedHash } from '../../src/platform/keyed-hash.ts';

test('equal texts have equal hashes; another key, purpose or text makes another', () => {
  const hash = keyedHash('key', 'card', '4242');
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(keyedHash('key', 'card', '4242')).toBe(hash);
  const others = [keyedHash('yek', 'card', '4242'), keyedHash('key', 'visitor', '4242'), keyedHash('key', 'card', '4243')];
  expect(new Set([hash, ...others]).size).toBe(4);
});
