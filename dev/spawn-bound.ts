import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { findProgram } from './find-program.ts';

/**
 * Spawns a process that the kernel kills when ours ends, however ours ends (PR_SET_PDEATHSIG, through setpriv).
 * Where setpriv is missing (not Linux), a kill -9 of ours leaves the process behind.
 */
export function spawnBound(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(...bound(command, args), options);
}

/** The command and arguments that run a process bound to ours. */
export function bound(command: string, args: readonly string[]): [string, string[]] {
  const setpriv = findProgram('setpriv');
  return setpriv ? [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]] : [command, [...args]];
}
