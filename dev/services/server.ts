import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { MissingPart } from '../missing-part.ts';
import { spawnBound } from '../spawn-bound.ts';
import { until } from '../until.ts';

const START_DEADLINE_MS = 30_000;

/** A server of this run, with what a fault campaign needs to do to it. */
export interface Server {
  readonly url: string;
  /** Of the running process: it changes with every restart. */
  readonly pid: number;
  /** Sends the signal and returns at once, whatever it does. */
  kill(signal: NodeJS.Signals): void;
  /** Ends the process as a crash would and starts another on the same port; resolves when that answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Of 127.0.0.1, where the program will listen. */
  readonly port: number;
  readonly logFile: string;
}

/** A server that somebody else runs: it can be used, never killed or restarted. */
export function foreignServer(url: string): Server {
  const refuse = (): never => {
    throw new Error('this server was given by its URL and is not ours to stop');
  };
  return {
    url,
    get pid() {
      return refuse();
    },
    kill: refuse,
    restart: async () => refuse(),
    stop: async () => {},
  };
}

/** Starts the program and resolves when its port accepts connections; fails when it ends first. */
export async function launch({ command, args, port, logFile }: ServerProgram): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  // A session of its own: Ctrl-C in the terminal must reach our processes before their servers.
  const child = spawnBound(command, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  await until(
    `${command} listens on port ${port} (log: ${logFile})`,
    () => {
      if (hasEnded(child)) throw new MissingPart(`${command} did not start (log: ${logFile})`);
      return accepts(port);
    },
    { deadlineMs: START_DEADLINE_MS },
  );
  return child;
}

/** Kills the process and resolves when it has ended. */
export async function crash(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

/** Resolves when the process has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('connect', () => socket.destroy()).once('error', () => resolve(false));
  });
}
