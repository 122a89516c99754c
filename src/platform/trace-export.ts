import { randomUUID } from 'node:crypto';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, type SpanExporter, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from './log.ts';

export interface TraceExportOptions {
  /** `web`, `relay` or `worker`. */
  readonly process: string;
  /** Of an OTLP collector, without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the traces that begin here, 0 to 1; one that began elsewhere is followed as its `traceparent` says. */
  readonly ratio: number;
  readonly log: Logger;
}

/** Traces on their way to a collector. */
export interface TraceExport {
  /** Records no more, and sends what is left, for at most so long. */
  close(patienceMs: number): Promise<void>;
}

const WAITING_SPANS = 8_192; // some megabytes; beyond them spans are dropped
const SPANS_A_POST = 1_024;
const POST_EVERY_MS = 2_000;
const POST_TIMEOUT_MS = 5_000;
const COMPLAINT_EVERY_MS = 60_000;
const LONGEST_VALUE = 4_096; // a statement's text
const MOST_LINKS = 512; // as many as a batch of a reaction has deliveries

/** Records spans from now on and sends them in batches. A collector that is away costs spans and a log line a minute. */
export function startTraceExport({ process, endpoint, headers, ratio, log }: TraceExportOptions): TraceExport {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`, headers: { ...headers }, timeoutMillis: POST_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'columna', 'service.name': `columna-${process}`, 'service.instance.id': randomUUID(),
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE, linkCountLimit: MOST_LINKS },
    spanProcessors: [new BatchSpanProcessor({
      exporter: complaining(exporter, log),
      maxQueueSize: WAITING_SPANS, maxExportBatchSize: SPANS_A_POST, scheduledDelayMillis: POST_EVERY_MS,
      exportTimeoutMillis: 2 * POST_TIMEOUT_MS,
    })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    async close(patienceMs) {
      trace.disable();
      context.disable();
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, patienceMs);
      await Promise.race([provider.shutdown().catch(() => undefined), patience.promise]);
      clearTimeout(timer);
    },
  };
}

/** The same exporter, whose failures are told once a minute. */
function complaining(exporter: OTLPTraceExporter, log: Logger): SpanExporter {
  let silentUntil = 0;
  return {
    export: (spans, done) => exporter.export(spans, (result) => {
      if (result.error !== undefined && performance.now() >= silentUntil) {
        silentUntil = performance.now() + COMPLAINT_EVERY_MS;
        log.warn({ error: result.error }, 'the collector takes no traces: spans are lost');
      }
      done(result);
    }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
