import type { Writable } from 'node:stream';
import type postgres from 'postgres';

interface Copying {
  reject(error: unknown): void;
  writable(): Promise<Writable>;
}

/**
 * The stream into a `copy … from stdin`; it fails with what PostgreSQL says. postgres.js 3.4.9 forgets the stream when
 * all is written: an error that comes then would never be heard, and whoever waits for the end would wait for ever.
 */
export async function copyInto(copy: postgres.PendingQuery<postgres.Row[]>): Promise<Writable> {
  const query = copy as unknown as Copying;
  const reject = query.reject;
  let failed: Error | undefined;
  let stream: Writable | undefined;
  query.reject = (error) => {
    reject.call(query, error);
    failed = error instanceof Error ? error : new Error('the copy failed');
    stream?.destroy(failed);
  };
  stream = await query.writable();
  if (failed !== undefined) stream.destroy(failed);
  return stream;
}
