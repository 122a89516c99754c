import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../find-program.ts';
import { freePort } from '../free-port.ts';
import { MissingPart } from '../missing-part.ts';
import { until } from '../until.ts';
import { crash, launch } from './server.ts';

const COLUMNA = fileURLToPath(new URL('../../.columna', import.meta.url));
const UNPACKED = join(COLUMNA, 'prometheus');

/** The path of a program of Debian's package: from this machine, else from the package, unpacked beside our data. */
export function prometheusProgram(name: 'prometheus' | 'promtool'): string {
  return findProgram(name) ?? unpacked(name) ?? (unpack(), unpacked(name)) ?? missing();
}

const unpacked = (name: string) => globSync(join(UNPACKED, 'usr/bin', name))[0];

function missing(): never {
  throw new MissingPart('Prometheus is missing: install it ("apt-get install prometheus"), or put prometheus and promtool on the path.');
}

/** Not installed: the package would start a server that outlives us. */
function unpack(): void {
  const [apt, dpkg] = [findProgram('apt-get'), findProgram('dpkg-deb')];
  if (!apt || !dpkg) missing();
  console.log('Fetching Prometheus with apt-get …');
  mkdirSync(COLUMNA, { recursive: true });
  const folder = mkdtempSync(join(COLUMNA, 'prometheus-'));
  const run = (program: string, ...args: string[]) => spawnSync(program, args, { cwd: folder }).status === 0;
  const download = () => run(apt, '-qq', 'download', 'prometheus');
  // A new machine has no package lists yet.
  const isThere = download() || (process.getuid?.() === 0 && run(apt, '-qq', 'update') && download());
  const [archive] = globSync(join(folder, '*.deb'));
  const tree = join(folder, 'tree');
  if (isThere && archive !== undefined && run(dpkg, '--extract', archive, tree)) {
    try {
      renameSync(tree, UNPACKED);
    } catch {
      // Another run was faster.
    }
  }
  rmSync(folder, { recursive: true });
}

export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a Prometheus of our own on a free port of 127.0.0.1, with its data in the folder, and this configuration (YAML). */
export async function startPrometheus({ folder, config }: { readonly folder: string; readonly config: string }): Promise<Prometheus> {
  const port = await freePort();
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const child = await launch({
    command: prometheusProgram('prometheus'),
    args: [
      `--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    port,
    logFile: join(folder, 'prometheus.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', () => fetch(`${url}/-/ready`).then(({ ok }) => ok));
  return { url, stop: () => crash(child) };
}
