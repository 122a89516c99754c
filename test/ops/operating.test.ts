import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { incidents } from '../support/walk-through.ts';

const FOLDER = fileURLToPath(new URL('../e2e/operating/', import.meta.url));
const fileOf = (title: string) => title.toLowerCase().replaceAll(' ', '-');

test('each incident of the operators’ guide is walked through by a test, and each such test is in the guide', () => {
  const tested = globSync('*.test.ts', { cwd: FOLDER }).map((file) => basename(file, '.test.ts'));
  expect(incidents).toHaveLength(4);
  expect(tested.toSorted()).toEqual(incidents.map(({ title }) => fileOf(title)).toSorted());
});

test.for(incidents)('each step of “$title” is taken by its test, in order, and no other', ({ title, steps }) => {
  const source = readFileSync(`${FOLDER}${fileOf(title)}.test.ts`, 'utf8');
  expect(steps.length).toBeGreaterThan(3);
  expect(steps.map((step) => step.split(' ')[0])).toEqual(steps.map((_, index) => String(index + 1)));
  expect([...source.matchAll(/\bstep\('([^']*)'/g)].map(([, step]) => step)).toEqual(steps);
});
