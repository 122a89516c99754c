import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { webSecrets } from './tokens.ts';

/** Starts a web process of the product; it listens when the promise resolves, and is killed when the calling test ends. */
export async function startWebProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['src/api/main.ts'], {
    env: { PORT: '0', ...webSecrets, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let port: number | undefined;
  for await (const line of createInterface(child.stdout)) {
    ({ port } = JSON.parse(line) as { port?: number });
    if (port !== undefined) break;
  }
  child.stdout.resume();
  return {
    url: `http://127.0.0.1:${port}`,
    /** Tells it to stop; gives its exit code. */
    stop: async () => {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}
