import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';
import { MissingPart } from '../missing-part.ts';
import { ended } from './server.ts';
import type { Server } from './server.ts';

/** What the keeper process tells us, once. */
export type KeeperReport = { readonly pid: number; readonly password: string } | { readonly problem: string };

export interface PostgresPlace {
  readonly folder: string;
  /** Where there is enough of it: see `memoryHome`. */
  readonly inMemory?: boolean;
}

/** Starts PostgreSQL on a free port; the cluster in the folder is made at the first start and used again afterwards. */
export async function startPostgres({ folder, inMemory = false }: PostgresPlace): Promise<Server> {
  const port = await freePort();
  const place = { folder, inMemory };
  let { keeper, pid, password } = await keep(place, port);

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    get pid() {
      return pid;
    },
    kill: (signal) => send(pid, signal),
    async restart() {
      // An immediate shutdown: no checkpoint, so that the next start recovers from the WAL.
      send(pid, 'SIGQUIT');
      send(pid, 'SIGCONT');
      await ended(keeper);
      ({ keeper, pid, password } = await keep(place, port));
    },
    async stop() {
      send(pid, 'SIGCONT');
      if (keeper.connected) keeper.disconnect();
      await ended(keeper);
    },
  };
}

/** A process that has ended already is no error: it may have been killed on purpose. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * The library that runs PostgreSQL hooks the exit of its process and the terminal's signals, so it has a process of
 * its own: out of reach of Ctrl-C, and told by the closed channel that we ended, however we ended.
 */
async function keep({ folder, inMemory }: Required<PostgresPlace>, port: number) {
  const logFile = join(folder, 'postgres.log');
  const log = openSync(logFile, 'a');
  const program = fileURLToPath(new URL('postgres-keeper.ts', import.meta.url));
  const keeper = fork(program, [folder, String(port), ...(inMemory ? ['memory'] : [])], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  const report = await Promise.race([
    once(keeper, 'message').then(([message]) => message as KeeperReport),
    ended(keeper).then((): KeeperReport => ({ problem: 'the process ended' })),
  ]);
  if ('problem' in report) {
    throw new MissingPart(`PostgreSQL did not start (log: ${logFile}): ${report.problem}; DATABASE_URL can name another.`);
  }
  return { keeper, ...report };
}
