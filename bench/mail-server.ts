import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AcceptedMail } from '../dev/sandbox/mailbox.ts';
import { spawnBound } from '../dev/spawn-bound.ts';

const MAILBOX = fileURLToPath(new URL('../dev/sandbox/mailbox.ts', import.meta.url));
const START_MS = 10_000;
const LINE_BREAK = '\n'.charCodeAt(0);

/** A mail server in a process of its own; each message is on the disk before it is accepted. */
export async function startMailServer(logFile: string) {
  rmSync(logFile, { force: true });
  const child = spawnBound(process.execPath, [MAILBOX, '--log', logFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = createInterface({ input: child.stdout as Readable });
  const [smtpUrl] = (await once(output, 'line', { signal: AbortSignal.timeout(START_MS) })) as [string];
  const log = openSync(logFile, 'r');
  const chunk = Buffer.alloc(64 * 1_024);
  let lines = 0;

  return {
    smtpUrl,
    /** How many messages were accepted since the start: only the log's new part is read. */
    count(): number {
      for (let length = readSync(log, chunk); length > 0; length = readSync(log, chunk)) {
        for (const byte of chunk.subarray(0, length)) if (byte === LINE_BREAK) lines += 1;
      }
      return lines;
    },
    /** The messages after the first so many. */
    after(count: number): readonly AcceptedMail[] {
      const accepted = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(count);
      return accepted.map((line) => JSON.parse(line) as AcceptedMail);
    },
    async stop(): Promise<void> {
      closeSync(log);
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

export type MailServer = Awaited<ReturnType<typeof startMailServer>>;
