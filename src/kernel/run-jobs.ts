import type { Logger } from '../platform/log.ts';
import type { Sql } from '../platform/postgres.ts';
import { every } from './every.ts';
import type { Job } from './job.ts';

/** Runs jobs until closed; closing waits for those at work. */
export function runJobs(jobs: readonly Job[], { sql, log }: { readonly sql: Sql; readonly log: Logger }): { close(): Promise<void> } {
  const stop = new AbortController();
  const loops = jobs.map(({ name, everyMs, run }) =>
    every({ log, stop: stop.signal, what: name, everyMs }, () => run({ sql, log: log.child({ job: name }), now: new Date() })),
  );
  return {
    async close() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}
