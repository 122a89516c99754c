import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../find-program.ts';
import { freePort } from '../free-port.ts';
import { MissingPart } from '../missing-part.ts';
import { crash, launch } from './server.ts';
import type { ServerProgram } from './server.ts';

const MODULE = fileURLToPath(new URL('../ferretdb', import.meta.url));
const BIN = fileURLToPath(new URL('../../.columna/bin', import.meta.url));

/** `optional` takes a program that is there; `required` also builds FerretDB with Go, and fails without any. */
export type DocumentsMode = 'optional' | 'required' | 'none';

export interface DocumentServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** How to start a program that serves the folder on the port. */
type Documents = (folder: string, port: number) => Pick<ServerProgram, 'command' | 'args'>;

/** Starts an empty document store that speaks MongoDB's protocol; undefined when there is none and none is required. */
export async function startDocuments(folder: string, mode: DocumentsMode): Promise<DocumentServer | undefined> {
  if (mode === 'none') return undefined;
  const documents = findDocuments() ?? (mode === 'required' ? buildFerret() : undefined);
  if (!documents) return undefined;

  const data = join(folder, 'documents');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const child = await launch({ ...documents(data, port), port, logFile: join(folder, 'documents.log') });
  return { url: `mongodb://127.0.0.1:${port}/`, stop: () => crash(child) };
}

function findDocuments(): Documents | undefined {
  const mongod = findProgram('mongod');
  if (mongod) {
    return (folder, port) => ({
      command: mongod,
      args: ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
    });
  }
  const ferret = findProgram('ferretdb');
  if (!ferret) return undefined;
  return (folder, port) => {
    const place = [`--sqlite-url=file:${folder}/`, `--state-dir=${folder}`, `--listen-addr=127.0.0.1:${port}`];
    return {
      command: ferret,
      args: ['--handler=sqlite', ...place, '--telemetry=disable', '--debug-addr=-', '--log-level=warn'],
    };
  };
}

/** Builds dev/ferretdb, once for each version of its source. */
function buildFerret(): Documents {
  const advice = 'set MONGODB_URL to a MongoDB, or DOCUMENTS=none to go on without a document store.';
  const go = findProgram('go');
  if (!go) throw new MissingPart(`A document store is required and there is no mongod, ferretdb or go here: ${advice}`);

  const source = ['go.sum', 'main.go'].map((file) => readFileSync(join(MODULE, file), 'utf8')).join();
  const binary = join(BIN, `ferretdb-${createHash('sha256').update(source).digest('hex').slice(0, 12)}`);
  if (!existsSync(binary)) {
    console.log('Building FerretDB with Go (once, about a minute) …');
    mkdirSync(BIN, { recursive: true });
    const unfinished = `${binary}.${process.pid}`;
    const build = spawnSync(go, ['build', '-o', unfinished, '.'], { cwd: MODULE, encoding: 'utf8' });
    if (build.status !== 0) throw new MissingPart(`FerretDB could not be built: ${advice}\n${build.stderr}`);
    renameSync(unfinished, binary);
  }
  return (folder, port) => ({ command: binary, args: [`127.0.0.1:${port}`, folder] });
}
