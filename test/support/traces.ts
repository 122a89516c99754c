import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { startTraceCollector } from '../../dev/sandbox/trace-collector.ts';
import { openLog } from '../../src/platform/log.ts';
import { startTraceExport } from '../../src/platform/trace-export.ts';

interface RecordOptions {
  readonly ratio?: number;
  /** The collector's own unless given. */
  readonly endpoint?: string;
  readonly path?: string;
}

/** Records the calling test's spans; `flush` ends that and gives them. */
export async function recordTraces({ ratio = 1, endpoint, path = '' }: RecordOptions = {}) {
  const collector = await startTraceCollector();
  const lines: string[] = [];
  const destination = new PassThrough().on('data', (chunk: Buffer) => lines.push(...chunk.toString().trimEnd().split('\n')));
  const log = openLog({ process: 'test', level: 'info', destination });
  const traces = startTraceExport({ process: 'test', endpoint: endpoint ?? `${collector.url}${path}`, headers: { 'x-key': 'k' }, ratio, log });
  onTestFinished(async () => {
    await traces.close(0);
    await collector[Symbol.asyncDispose]();
  });
  const flush = async (patienceMs = 5_000) => {
    await traces.close(patienceMs);
    return collector.spans;
  };
  return { flush, lines };
}
