import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MissingPart } from '../missing-part.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const stamp = `${folder}node_modules/.columna-lock-hash`;

/** Loads a module of a tool. */
export const requireTool: NodeJS.Require = createRequire(`${folder}package.json`);

/** Returns where a tool's file is. */
export const toolFile = (path: string): string => `${folder}node_modules/${path}`;

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(`${folder}package-lock.json`))
    .digest('hex');

/** Says whether the tools are installed as the lock file says. */
export const hasApiTools = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();

/** Installs the tools where they are not. @throws {MissingPart} when the registry cannot be reached. */
export function installApiTools(): void {
  if (hasApiTools()) return;
  console.log('Installing the tools that read our API’s documents …');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    throw new MissingPart(
      `The tools that read our API’s documents cannot be installed, so their tests are skipped: ${stderr}`,
    );
  }
  writeFileSync(stamp, lockHash());
}
