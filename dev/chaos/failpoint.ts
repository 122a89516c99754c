// Preloaded into a process under attack: at an armed moment it kills itself as `kill -9` would. A moment is armed by a
// file of its name in the folder FAILPOINTS; whoever reaches it first takes the file and dies: one process does.
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { moments } from '../../src/platform/signal.ts';

/** Of a request by `fetch`, as undici tells them; armed by a file that holds the origin. */
const requestMoments = ['undici:request:create', 'undici:request:bodySent', 'undici:request:headers'] as const;
export type RequestMoment = (typeof requestMoments)[number];
const SIGN_IN = '/token'; // FCM's, at the same origin as its messages

const folder = process.env['FAILPOINTS'];
if (folder !== undefined) {
  for (const moment of moments) subscribe(`columna:${moment}`, () => void dieAt(join(folder, moment)));
  for (const moment of requestMoments) {
    const armed = join(folder, moment);
    subscribe(moment, (message) => {
      const { origin, path } = (message as { request: { origin: unknown; path: string } }).request;
      if (path !== SIGN_IN && originIn(armed) === String(origin)) dieAt(armed);
    });
  }
}

function originIn(armed: string): string | undefined {
  try {
    return readFileSync(armed, 'utf8');
  } catch {
    return undefined;
  }
}

function dieAt(armed: string): void {
  try {
    unlinkSync(armed);
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
}
