import type { MiddlewareHandler } from 'hono';
import { Histogram } from 'prom-client';
import { endServerSpan, startServerSpan, unrecorded, within } from '../../platform/telemetry.ts';
import type { Caller } from './auth.ts';
import type { ApiDeps, Env } from './context.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const PROBES = new Set(['/livez', '/readyz']); // asked all the time: they are in no trace

/** Puts every request in its trace, into the log and into the metrics. */
export function observe({ log, registry }: Pick<ApiDeps, 'log' | 'registry'>): MiddlewareHandler<Env> {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request’s head to the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  return async (c, next) => {
    const startedMs = performance.now();
    const start = PROBES.has(c.req.path) ? unrecorded() : startServerSpan(c.req.header('traceparent'));
    const { span, trace, clientTraceId } = start;
    c.set('trace', trace);
    c.set('route', 'none');
    c.set('log', log);
    await within(span, next);
    c.res.headers.set('Trace-Id', trace.traceId);
    const tookMs = performance.now() - startedMs;
    const labels = {
      // Anybody can make a method up; each would be a series of its own.
      method: METHODS.has(c.req.method) ? c.req.method : 'other',
      route: c.get('route'),
      status: String(c.res.status),
    };
    endServerSpan(span, labels);
    duration.observe(labels, tookMs / 1_000);
    const caller: Caller | undefined = c.get('caller'); // absent on a public path
    const ids = { traceId: trace.traceId, clientTraceId, tenantId: caller?.tenantId };
    log.info({ ...ids, ...labels, ms: Math.round(tookMs * 10) / 10 }, 'request');
  };
}
