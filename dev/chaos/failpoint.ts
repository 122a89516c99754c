// Preloaded into a process under attack: at an armed moment it kills itself as `kill -9` would. A moment is armed by a
// file of its name in the folder FAILPOINTS; whoever reaches it first takes the file and dies, so that one process does.
import { subscribe } from 'node:diagnostics_channel';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { moments } from '../../src/platform/signal.ts';

const folder = process.env['FAILPOINTS'];
for (const moment of folder === undefined ? [] : moments) {
  const armed = join(folder ?? '', moment);
  subscribe(`columna:${moment}`, () => {
    try {
      unlinkSync(armed);
    } catch {
      return;
    }
    process.kill(process.pid, 'SIGKILL');
  });
}
