import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { contracts } from '../src/events/index.ts';
import { jobs } from '../src/jobs/index.ts';
import { consumers } from '../src/workers/index.ts';
import { templateContracts } from '../templates/index.ts';
import { type Import, readSource } from './support/imports.ts';

const LONGEST_FILE = 250;
const LONGEST_ROOT = 24;
const DEEPEST_FOLDER = 3;
const DRIVERS = new Set(['@opentelemetry', 'bullmq', 'ioredis', 'mongodb', 'nodemailer', 'postgres']);

/** A file of ours; what it imports of ours is written from the root: `src/config.ts`. */
interface Module {
  readonly path: string;
  readonly lines: number;
  readonly text: string;
  /** The text without comments and strings. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const isInstalled = (path: string) => path.includes('node_modules/');
const modules = globSync('{src,dev,test,bench,templates}/**/*.ts', { cwd: root })
  .filter((path) => !isInstalled(path)).toSorted().map(readModule);
const within = (...folders: string[]) =>
  modules.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));

function readModule(path: string): Module {
  const text = readFileSync(posix.join(root, path), 'utf8');
  const { code, imports } = readSource(text);
  const fromRoot = (from: string) => (from.startsWith('.') ? posix.join(posix.dirname(path), from) : from);
  return {
    path,
    text,
    code,
    lines: text.trimEnd().split('\n').length,
    imports: imports.map(({ from, values }) => ({ from: fromRoot(from), values })),
  };
}

const isOurs = (path: string) => /^(src|dev|test|bench|templates)\//.test(path);
const isMain = (path: string) => /(^|\/)main\.ts$/.test(path);

/** Each import that is not allowed, as `path imports what`. */
function forbidden(importers: readonly Module[], isAllowed: (imported: string, importer: string) => boolean): string[] {
  return importers.flatMap(({ path, imports }) =>
    imports.filter(({ from }) => !isAllowed(from, path)).map(({ from }) => `${path} imports ${from}`),
  );
}

/** Each place where the code says what it must not, as `path: what`. */
function saying(speakers: readonly Module[], pattern: RegExp): string[] {
  return speakers.flatMap(({ path, code }) => [...code.matchAll(pattern)].map(([said]) => `${path}: ${said}`));
}

test('every import of ours leads to a file of ours', () => {
  const known = new Set(modules.map(({ path }) => path));
  expect(modules.length).toBeGreaterThan(100);
  expect(forbidden(modules, (imported) => !isOurs(imported) || known.has(imported))).toEqual([]);
});

test('the domain knows its own rules and events, and nothing else', () => {
  const allowed = /^src\/(domain|events)\//;
  expect(forbidden(within('src/domain'), (imported) => allowed.test(imported))).toEqual([]);
});

test('the domain has no clock, no chance and no surroundings', () => {
  const clock = /\bDate\s*\.\s*now\b|\bnew Date\b(?!\s*\(\s*[^)\s])|\bDate\(\s*\)|\bperformance\b/g;
  const chance = /\bMath\s*\.\s*random\b|\bcrypto\b/g;
  const surroundings = /\b(process|globalThis|fetch|console|set(Timeout|Interval|Immediate))\b/g;
  const said = [clock, chance, surroundings].flatMap((pattern) => saying(within('src/domain'), pattern));
  expect(said).toEqual([]);
});

test('events know zod, and nothing else', () => {
  const allowed = /^zod$|^src\/events\//;
  expect(forbidden(within('src/events'), (imported) => allowed.test(imported))).toEqual([]);
});

/** The folders of the source, from the lowest layer to the highest. A file imports its own folder and lower layers. */
const LAYERS = [
  ['events'], ['domain'], ['platform'], ['outbox'], ['kernel'], ['documents'], ['store'], ['notifications'],
  ['api', 'workers', 'jobs'], ['backoffice'],
];

const folderOf = (path: string) => /^src\/(\w+)\//.exec(path)?.[1];

test('imports between folders go one way; a main composes a process', () => {
  const layerOf = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder));
  const isAllowed = (imported: string, importer: string) => {
    const [low, high] = [folderOf(imported), folderOf(importer)];
    return low === undefined || high === undefined || low === high || layerOf(low) < layerOf(high);
  };
  expect(new Set(within('src').flatMap(({ path }) => folderOf(path) ?? []))).toEqual(new Set(LAYERS.flat()));
  expect(forbidden(within('src').filter(({ path }) => !isMain(path)), isAllowed)).toEqual([]);
});

test('the rows of a table are written by one part of the source', () => {
  const writing = /\b(?:insert into|delete from|copy|update)\s+([a-z]+(?:_[a-z]+)*)\s*(?:\(|as\b|set\b|using\b|where\b|select\b|values\b|\n)/g;
  const writers = Map.groupBy(
    within('src').flatMap(({ path, text }) => [...text.matchAll(writing)].map(([, table = '']) => ({ table, folder: folderOf(path) }))),
    ({ table }) => table,
  );
  expect(writers.size).toBeGreaterThan(60);
  const shared = [...writers].map(([table, all]) => ({ table, folders: [...new Set(all.map(({ folder }) => folder))] }));
  expect(shared.filter(({ folders }) => folders.length > 1)).toEqual([]);
});

test('every folder of unit tests is a folder of the source', () => {
  const isOfItsOwn = /^test\/(contracts|dev|e2e|ops|support)(\/|$)|^test$/;
  const folders = new Set(within('src').map(({ path }) => posix.dirname(path)));
  const tested = within('test').map(({ path }) => posix.dirname(path)).filter((folder) => !isOfItsOwn.test(folder));
  expect([...new Set(tested)].filter((folder) => !folders.has(folder.replace('test/', 'src/')))).toEqual([]);
});

test('what is released imports nothing that is not', () => {
  expect(forbidden(within('src', 'templates'), (imported) => !/^(dev|test|bench)\//.test(imported))).toEqual([]);
});

test('nothing imports a main', () => {
  expect(forbidden(modules, (imported) => !isMain(imported))).toEqual([]);
});

// A bare baseline of the bench is the driver without us.
const mayConstruct = (path: string) => path.startsWith('src/platform/') || path.startsWith('bench/bare-');

test('only the platform constructs drivers: elsewhere they are types, and errors to recognise', () => {
  const constructed = modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => !mayConstruct(path) && DRIVERS.has(from.replace(/\/.*/, '')))
      .flatMap(({ from, values }) => values.map((value) => `${path} imports ${value} of ${from}`))
      .filter((found) => !/Error of /.test(found)),
  );
  expect(constructed).toEqual([]);
});

test('only the configuration reads the environment', () => {
  const others = within('src').filter(({ path }) => path !== 'src/config.ts');
  const reading = /\bprocess\s*(\?\.|\.|\[)\s*(env\b|')|\}\s*=\s*process\b(?!\s*\.)/g;
  expect(saying(others, reading)).toEqual([]);
  expect(forbidden(others, (imported) => !/^(node:)?process$/.test(imported))).toEqual([]);
});

/** What the folder's modules export that is of a kind, by module. */
async function exported(folder: string, isOfKind: (value: object) => boolean) {
  const units = within(folder).filter(({ path }) => !path.startsWith('src/events/contract/') && !isMain(path) && !/\/(index|fields)\.ts$/.test(path));
  return Promise.all(
    units.map(async ({ path }) => {
      const values: unknown[] = Object.values((await import(posix.join(root, path))) as object);
      const isUnit = (value: unknown) => value instanceof Object && isOfKind(value);
      return { path, units: values.filter(isUnit) };
    }),
  );
}

test('every event type is in the catalogue, one in each file', async () => {
  const found = await exported('src/events', (value) => 'type' in value && 'version' in value && 'read' in value);
  expect(found.filter(({ units }) => units.length !== 1).map(({ path }) => path)).toEqual([]);
  expect(new Set(found.flatMap(({ units }) => units))).toEqual(new Set(contracts));
});

test('every consumer is in the list', async () => {
  const found = await exported('src/workers', (value) => 'kind' in value && 'on' in value);
  expect(new Set(found.flatMap(({ units }) => units))).toEqual(new Set(consumers));
});

test('every job is in the list', async () => {
  const found = await exported('src/jobs', (value) => 'schedule' in value && 'run' in value);
  expect(new Set(found.flatMap(({ units }) => units))).toEqual(new Set(jobs));
});

test('every template is in the list, and has the name of its folder', async () => {
  const found = await exported('templates', (value) => 'onUnknown' in value && 'channels' in value);
  expect(new Set(found.flatMap(({ units }) => units))).toEqual(new Set(templateContracts));
  const folders = globSync('templates/*/', { cwd: root }).map((path) => posix.basename(path));
  expect(templateContracts.map(({ name }) => name)).toEqual(folders.toSorted());
});

test.for([
  ['event types', contracts.map(({ type }) => type)],
  ['consumers', consumers.map(({ name }) => name)],
  ['jobs', jobs.map(({ name }) => name)],
  ['templates', templateContracts.map(({ name }) => name)],
] as const)('the names of %s are unique, and their list is sorted', ([, names]) => {
  expect(names).not.toEqual([]);
  expect(names).toEqual([...new Set(names)].sort());
});

test('a composition root is under 25 lines of code', () => {
  const roots = within('src').filter(({ path }) => isMain(path) || path === 'src/release.ts');
  const lines = ({ code }: Module) => code.split('\n').filter((line) => line.trim() !== '').length;
  expect(roots.length).toBeGreaterThan(2);
  expect(roots.filter((found) => lines(found) > LONGEST_ROOT).map(({ path }) => path)).toEqual([]);
});

test('no file passes 250 lines', () => {
  const long = modules.filter(({ lines }) => lines > LONGEST_FILE);
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test('no folder of the source is more than three deep', () => {
  const folders = within('src').map(({ path }) => posix.dirname(path).split('/').slice(1));
  expect(folders.filter((folder) => folder.length > DEEPEST_FOLDER).map((folder) => folder.join('/'))).toEqual([]);
});
