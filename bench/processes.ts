import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Formation, startProcesses } from '../dev/procfile.ts';
import { until } from '../dev/until.ts';
import type { Servers, World } from './world.ts';

const PROCFILE = fileURLToPath(new URL('../Procfile', import.meta.url));
const LINES_SHOWN = 5;

export interface ProcessesOptions {
  readonly servers: Servers;
  /** How many of each process of the Procfile. */
  readonly formation: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs real processes of the Procfile on a world, and waits until each of them answers `/livez`. */
export async function startOn(world: World, { servers, formation, env }: ProcessesOptions): Promise<Formation> {
  const lines: string[] = [];
  const processes = await startProcesses({
    procfile: PROCFILE,
    formation,
    ports: ['PORT', 'METRICS_PORT'],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      DATABASE_URL: world.url,
      REDIS_URL: servers.redisUrl,
      REDIS_PREFIX: world.prefix,
      MONGODB_URL: '',
      HASH_KEY: randomBytes(32).toString('hex'),
      SMTP_URL: 'smtp://127.0.0.1:1', // nobody is sent a mail here
      LOG_LEVEL: 'warn', // reading what they say takes time from what is measured
      ...env,
    },
    onLine: (name, line) => lines.push(`${name} ${line}`),
  });
  const answers = ({ name, ports }: Formation['processes'][number]) => {
    const port = ports[name.startsWith('web') ? 'PORT' : 'METRICS_PORT'];
    return fetch(`http://127.0.0.1:${port}/livez`).then(({ ok }) => ok, () => false);
  };
  try {
    await until(
      () => `the processes answer; they said:\n${lines.slice(-LINES_SHOWN).join('\n')}`,
      async () => (await Promise.all(processes.processes.map(answers))).every(Boolean),
      { deadlineMs: 30_000 },
    );
  } catch (error) {
    await processes.stop();
    throw error;
  }
  return processes;
}
