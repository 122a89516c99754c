import { spawnSync } from 'node:child_process';
import { findProgram } from '../find-program.ts';
import { MissingPart } from '../missing-part.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const find = () => NAMES.map(findProgram).find((path) => path !== undefined);

/** The path of a Chromium: of this machine, else of Debian's package, installed where we are root. */
export const chromiumProgram = (): string => find() ?? install();

function install(): string {
  const apt = findProgram('apt-get');
  const missing = 'Chromium is missing: install it ("apt-get install chromium"), or put chromium or google-chrome on the path.';
  if (process.getuid?.() !== 0 || !apt) throw new MissingPart(missing);
  console.log('Installing Chromium with apt-get …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => spawnSync(apt, ['-qq', ...args], { env }).status === 0;
  const tryInstall = () => run('install', '--yes', '--no-install-recommends', 'chromium');
  // A new machine has no package lists yet.
  if (!tryInstall() && run('update')) tryInstall();
  const program = find();
  if (program === undefined) throw new MissingPart(missing);
  return program;
}
