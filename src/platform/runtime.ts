import { ConfigError } from './config-error.ts';
import { describeError, type Logger, openLog } from './log.ts';
import type { TraceExport } from './trace-export.ts';

const START_WITHIN_MS = 60_000;
const LONGEST_FLUSH_MS = 3_000; // a collector that is away must not hold up the stop

export interface Runtime<Config> {
  readonly config: Config;
  readonly log: Logger;
  /** Closes what the process opened, the last first, when it is told to stop. */
  readonly stack: AsyncDisposableStack;
  /** Ends the process as failed, so that its supervisor starts another. */
  readonly giveUp: (reason: string) => void;
}

interface Needs {
  readonly LOG_LEVEL: string;
  readonly STOP_SECONDS: number;
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_HEADERS: Readonly<Record<string, string>>;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

/**
 * Runs a process: reads its configuration, starts it and stops it on SIGTERM or SIGINT. Exits with 0 when everything
 * closed in time and with 1 otherwise; a wrong configuration is told in full before anything starts.
 */
export async function runProcess<Config extends Needs>(
  name: string,
  readConfig: () => Config,
  start: (runtime: Runtime<Config>) => Promise<void>,
): Promise<void> {
  const config = readOrExit(name, readConfig);
  const log = openLog({ process: name, level: config.LOG_LEVEL });
  const stack = new AsyncDisposableStack();
  const told = Promise.withResolvers<string>();
  const giveUp = (reason: string) => {
    log.fatal({ reason }, 'giving up');
    process.exit(1);
  };
  process.on('unhandledRejection', (error) => {
    log.fatal({ error }, 'unhandled rejection');
    process.exit(1);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.resolve(signal));

  const traces = await startTraces(name, config, log);

  const starting = start({ config, log, stack, giveUp });
  try {
    await Promise.race([starting, told.promise, inTime(START_WITHIN_MS)]);
  } catch (error) {
    log.fatal({ error, reason: describeError(error)['message'] }, 'could not start');
    process.exit(1);
  }
  starting.then(() => log.info('started'), () => undefined); // told to stop, nobody waits for it any more
  const signal = await told.promise;
  log.info({ signal }, 'stopping');
  setTimeout(() => giveUp(`did not stop within ${config.STOP_SECONDS} s`), config.STOP_SECONDS * 1_000).unref();
  await stack.disposeAsync();
  await traces?.close(Math.min(LONGEST_FLUSH_MS, config.STOP_SECONDS * 250));
  log.info('stopped');
  process.exit(0);
}

/** Traces where they are wanted; nobody else pays for the library. */
async function startTraces(process: string, config: Needs, log: Logger): Promise<TraceExport | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_TRACES_SAMPLER_ARG: ratio } = config;
  if (endpoint === undefined) return undefined;
  const { startTraceExport } = await import('./trace-export.ts');
  return startTraceExport({ process, endpoint, headers, ratio, log });
}

/** Runs something to its end, once: exits with 0 when it is done, and with 1 and one line of reason when it could not be. */
export async function runTask<Config extends Needs>(
  name: string,
  readConfig: () => Config,
  run: (runtime: Pick<Runtime<Config>, 'config' | 'log' | 'stack'>) => Promise<void>,
): Promise<void> {
  const config = readOrExit(name, readConfig);
  const log = openLog({ process: name, level: config.LOG_LEVEL });
  try {
    await using stack = new AsyncDisposableStack();
    await run({ config, log, stack });
  } catch (error) {
    log.fatal({ error, reason: describeError(error)['message'] }, 'failed');
    process.exit(1);
  }
}

/** Rejects after a while: what a process waits for at its start may never answer. */
function inTime(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`did not start within ${ms / 1_000} s`)), ms).unref();
  });
}

function readOrExit<Config>(name: string, readConfig: () => Config): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(1);
  }
}
