import { expect, test } from 'vitest';
import { ConfigError } from '../../src/platform/config-error.ts';
import { chooseByName } from '../../src/workers/choose-by-name.ts';
import { consumers } from '../../src/workers/index.ts';

const [first, second, third] = [{ name: 'first' }, { name: 'second' }, { name: 'third' }];
const choose = (names: readonly string[] | undefined) => chooseByName('WORKER_JOBS', [first, second, third], names);

test('a setting that names none leaves all, an empty one leaves none, and others leave what they name', () => {
  expect(choose(undefined)).toEqual([first, second, third]);
  expect(choose([])).toEqual([]);
  expect(choose(['third', 'first', 'third'])).toEqual([first, third]);
});

test('unknown names are refused by the setting, with the names that there are', () => {
  expect(() => choose(['first', 'fourth', 'fifth'])).toThrow(ConfigError);
  expect(() => choose(['first', 'fourth', 'fifth'])).toThrow('WORKER_JOBS: unknown fourth, fifth; there are first, second, third');
});

test('the consumers of this release can be chosen', () => {
  const chosen = chooseByName('WORKER_CONSUMERS', consumers, ['notify', 'deliver-email']);
  expect(chosen.map(({ name }) => name)).toEqual(['deliver-email', 'notify']);
});
