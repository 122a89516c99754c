import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the compiler has nothing to say', { timeout: 120_000 }, () => {
  const { stdout, status } = spawnSync('node_modules/.bin/tsc', ['--noEmit', '-p', 'tsconfig.json'], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
