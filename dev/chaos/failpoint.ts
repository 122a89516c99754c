// Preloaded into a process under attack: at an armed moment it kills itself as `kill -9` would. A moment is armed by a
// file of its name in the folder FAILPOINTS; whoever reaches it first takes the file and dies: one process does. A
// number in the file lets about so many pass.
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moments } from '../../src/platform/signal.ts';

/** Of a request by `fetch`, as undici tells them; armed by a file that holds the origin. */
const requestMoments = ['undici:request:create', 'undici:request:bodySent', 'undici:request:headers'] as const;
export type RequestMoment = (typeof requestMoments)[number];
const SIGN_IN = '/token'; // FCM's, at the same origin as its messages

const folder = process.env['FAILPOINTS'];
if (folder !== undefined) {
  for (const moment of moments) subscribe(`columna:${moment}`, () => void passOrDie(join(folder, moment)));
  for (const moment of requestMoments) {
    const armed = join(folder, moment);
    subscribe(moment, (message) => {
      const { origin, path } = (message as { request: { origin: unknown; path: string } }).request;
      if (path !== SIGN_IN && textOf(armed) === String(origin)) dieAt(armed);
    });
  }
}

function textOf(armed: string): string | undefined {
  try {
    return readFileSync(armed, 'utf8');
  } catch {
    return undefined;
  }
}

function passOrDie(armed: string): void {
  const left = Number(textOf(armed) ?? 0);
  if (left > 0) writeFileSync(armed, String(left - 1));
  else dieAt(armed);
}

function dieAt(armed: string): void {
  try {
    unlinkSync(armed);
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
}
