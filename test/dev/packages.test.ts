import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('each package is on the page about packages, once, in exactly one version', async () => {
  const { dependencies, devDependencies } = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>;
  const page = await read('docs/packages.md');
  const named = page.split('\n').filter((line) => line.startsWith('| `')).flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  const versions = { ...dependencies, ...devDependencies };
  expect(named.toSorted()).toEqual(Object.keys(versions).toSorted());
  expect(Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});
