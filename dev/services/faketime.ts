import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { findProgram } from '../find-program.ts';
import { MissingPart } from '../missing-part.ts';

const find = () => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0];

/** What a process is started with to see another time; `shift` as libfaketime writes it: `+1d`, `-1h`. */
export function anotherTime(shift: string): NodeJS.ProcessEnv {
  const library = find() ?? install();
  return { LD_PRELOAD: library, FAKETIME: shift, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

function install(): string {
  const apt = findProgram('apt-get');
  const missing = 'libfaketime is missing: install it ("apt-get install faketime").';
  if (process.getuid?.() !== 0 || !apt) throw new MissingPart(missing);
  console.log('Installing libfaketime with apt-get …');
  const run = (...args: string[]) =>
    spawnSync(apt, ['-qq', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status;
  const tryInstall = () => run('install', '--yes', '--no-install-recommends', 'faketime');
  if (tryInstall() !== 0 && run('update') === 0) tryInstall();
  const library = find();
  if (library === undefined) throw new MissingPart(missing);
  return library;
}
