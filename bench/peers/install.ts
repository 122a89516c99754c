import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MissingPart } from '../../dev/missing-part.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const STAMP = `${FOLDER}node_modules/.columna-lock-hash`;

/**
 * Installs the packages of this folder's lockfile, unless they are installed.
 * @throws {MissingPart} when npm fails.
 */
export function installPeers(): void {
  const hash = createHash('sha256').update(readFileSync(`${FOLDER}package-lock.json`)).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  console.log('Installing the packages of bench/peers/package-lock.json …');
  const { status, stderr } = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: FOLDER, encoding: 'utf8' });
  if (status !== 0) throw new MissingPart(`The peers of the bench could not be installed: "npm ci" failed.\n${stderr}`);
  writeFileSync(STAMP, hash);
}
