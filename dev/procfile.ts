import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import { spawnBound } from './spawn-bound.ts';

const STOP_GRACE_MS = 15_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
// A process that lived this long had started well: its next restart is prompt again.
const STEADY_MS = 10_000;

export interface FormationProcess {
  /** `relay.1`, `relay.2`, … */
  readonly name: string;
  /** Of the process that runs now, undefined between an exit and the restart. */
  readonly pid: number | undefined;
  /** The ports it was given, by the name of their variable; the same after a restart. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface Formation extends AsyncDisposable {
  readonly processes: readonly FormationProcess[];
  /** Fails when no process has that name or it is not running. */
  kill(name: string, signal: NodeJS.Signals): void;
  /** SIGTERM to all, SIGKILL after the grace; resolves when every process has ended. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  /** Path of the Procfile; its folder is where the commands run. */
  readonly procfile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onLine?: (name: string, line: string) => void;
}

export interface FormationOptions extends LaunchOptions {
  /** How many of each process. */
  readonly formation: Readonly<Record<string, number>>;
  /** Variables that give each process a free port of its own (`PORT`, `METRICS_PORT`). */
  readonly ports?: readonly string[];
  /** Starts a process again when it ends unasked. */
  readonly restart?: boolean;
}

/** The commands of a Procfile by process type; fails on a line that is not `type: command`. */
export function parseProcfile(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, type, command] = /^([A-Za-z0-9_-]+):\s*(.+)$/.exec(line) ?? [];
      if (!type || !command) throw new Error(`not a line of a Procfile: ${line}`);
      return [type, command.trim()];
    }),
  );
}

/** Starts a Procfile's processes as a platform would, without waiting until they are ready. */
export async function startProcesses(options: FormationOptions): Promise<Formation> {
  const commands = parseProcfile(readFileSync(options.procfile, 'utf8'));
  const processes = await Promise.all(
    Object.entries(options.formation).flatMap(([type, count]) => {
      const command = commands.get(type);
      if (!command) throw new Error(`${options.procfile} has no process "${type}"`);
      return Array.from({ length: count }, (_, index) => supervise(`${type}.${index + 1}`, command, options));
    }),
  );
  const stop = async () => void (await Promise.all(processes.map((process) => process.stop())));
  return {
    processes,
    kill(name, signal) {
      const process = processes.find((candidate) => candidate.name === name);
      if (!process?.kill(signal)) throw new Error(`${name} is not running`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs one command of a Procfile (`release`) to its end and gives its exit code. */
export async function runProcess(type: string, options: LaunchOptions): Promise<number> {
  const command = parseProcfile(readFileSync(options.procfile, 'utf8')).get(type);
  if (!command) throw new Error(`${options.procfile} has no process "${type}"`);
  const [code] = await once(launch(type, command, options), 'close');
  return code ?? 1;
}

async function supervise(name: string, command: string, options: FormationOptions) {
  const ports: Record<string, number> = {};
  for (const variable of options.ports ?? []) ports[variable] = await freePort();

  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let backoffMs = FIRST_BACKOFF_MS;

  const start = () => {
    const startedAt = performance.now();
    child = launch(name, command, { ...options, env: { ...options.env, ...strings(ports) } });
    child.once('exit', (code, signal) => {
      child = undefined;
      if (stopping || !options.restart) return;
      if (performance.now() - startedAt > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      timer = setTimeout(start, backoffMs);
      options.onLine?.(name, `ended by ${signal ?? `exit code ${code}`}, starts again in ${backoffMs} ms`);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    });
  };
  start();

  return {
    name,
    ports,
    get pid() {
      return child?.pid;
    },
    kill: (signal: NodeJS.Signals) => child?.kill(signal) ?? false,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      if (child) await terminate(child);
    },
  };
}

function launch(name: string, command: string, { procfile, env, onLine }: LaunchOptions): ChildProcess {
  // `exec`: the process has the pid we know, without a shell between.
  const child = spawnBound('/bin/sh', ['-c', `exec ${command}`], {
    cwd: dirname(resolve(procfile)),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => onLine?.(name, line));
  }
  return child;
}

async function terminate(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exit;
  clearTimeout(timer);
}

const strings = (ports: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(ports).map(([variable, port]) => [variable, String(port)]));
