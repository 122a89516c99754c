import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../.columna', import.meta.url));

/**
 * The folder `.columna/<name>`, or `<name>.2` and so on while another run holds it or another user owns it.
 * The claim is a name held by the kernel, so that it ends with the process and is never stale.
 */
export async function claimFolder(name: string, attempt = 1): Promise<string> {
  const folder = join(ROOT, attempt === 1 ? name : `${name}.${attempt}`);
  mkdirSync(folder, { recursive: true });
  const isOurs = statSync(folder).uid === process.getuid?.() && (await holds(folder));
  return isOurs ? folder : claimFolder(name, attempt + 1);
}

function holds(folder: string): Promise<boolean> {
  const name = `\0columna-${createHash('sha256').update(folder).digest('hex')}`;
  return new Promise((resolve, reject) => {
    const server = createServer().unref();
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}
