import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../find-program.ts';
import { freePort } from '../free-port.ts';
import { MissingPart } from '../missing-part.ts';
import { crash, launch } from './server.ts';
import type { Server } from './server.ts';

const LOCK_WAIT = 'DPkg::Lock::Timeout=120'; // seconds, while another process installs something

/** Starts an empty Redis of our own on a free port; it keeps nothing on disk, so that a restart empties it. */
export async function startRedis({ folder }: { readonly folder: string }): Promise<Server> {
  const port = await freePort();
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const policy = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const program = {
    command: findProgram('redis-server') ?? findRedisTools(folder),
    args: [...place, ...policy],
    port,
    logFile: join(folder, 'redis.log'),
  };
  let child = await launch(program);

  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    kill: (signal) => void child.kill(signal),
    async restart() {
      await crash(child);
      child = await launch(program);
    },
    stop: () => crash(child),
  };
}

/**
 * Debian's redis-tools has the server's program under another name; unlike redis-server, it starts no service
 * that would outlive us.
 */
function findRedisTools(folder: string): string {
  const server = findProgram('redis-check-rdb') ?? installRedisTools();
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'redis-server'), { force: true });
  symlinkSync(server, join(bin, 'redis-server'));
  return join(bin, 'redis-server');
}

function installRedisTools(): string {
  const advice = 'install it ("apt-get install redis-server") or set REDIS_URL to one that runs.';
  const apt = findProgram('apt-get');
  if (process.getuid?.() !== 0 || !apt) throw new MissingPart(`Redis is missing: ${advice}`);

  console.log('Installing Redis with apt-get …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => spawnSync(apt, ['-qq', '-o', LOCK_WAIT, ...args], { env, encoding: 'utf8' });
  const install = () => run('install', '--yes', '--no-install-recommends', 'redis-tools');
  let result = install();
  // A new machine has no package lists yet.
  if (result.status !== 0 && run('update').status === 0) result = install();

  const server = findProgram('redis-check-rdb');
  if (result.status !== 0 || !server) {
    throw new MissingPart(`Redis is missing and apt-get could not install it: ${advice}`);
  }
  return server;
}
