import { randomUUID } from 'node:crypto';
import {
  type Attributes, context, isSpanContextValid, ROOT_CONTEXT, type Span, type SpanContext, SpanKind, SpanStatusCode, trace, TraceFlags,
} from '@opentelemetry/api';

export type { Span } from '@opentelemetry/api';

/** Where a unit of work stands in its trace. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** This unit's W3C trace context, to be given to whatever it sets off. */
  readonly traceparent: string;
}

export interface SpanOptions {
  readonly kind?: keyof typeof SpanKind;
  /** The `traceparent` that it continues; it begins a trace where there is none. */
  readonly parent?: string | null | undefined;
  /** The `traceparent` of another trace that it belongs with. */
  readonly link?: string | null | undefined;
  /** No personal data, no values of a statement, no path or query of a URL. */
  readonly attributes?: Attributes;
}

const W3C = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const IN_METADATA = /"traceparent":"([0-9a-f-]{55})"/;

/** Where traces are off this is OpenTelemetry's own no-op. */
const tracer = () => trace.getTracer('columna');

/** Begins a span; whoever begins it ends it. In a trace that nobody records it is no more than its parent's place. */
export function startSpan(name: string, { kind = 'INTERNAL', parent, link, attributes = {} }: SpanOptions): Span {
  const place = placeOf(parent);
  if (place?.traceFlags === TraceFlags.NONE) return trace.wrapSpanContext(place);
  const linked = placeOf(link);
  const links = linked === undefined ? [] : [{ context: linked }];
  const above = place === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, place);
  return tracer().startSpan(name, { kind: SpanKind[kind], attributes, links }, above);
}

/** Where a span stands; undefined where traces are off and it continues none. */
export function traceOf(span: Span | undefined): Trace | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return { traceId, traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}` };
}

/** A request's span and place. */
interface ServerSpan {
  readonly span: Span;
  readonly trace: Trace;
  /** The trace that the client says it belongs to. */
  readonly clientTraceId?: string | undefined;
}

/**
 * Begins a request's span, which begins a trace of ours. It has ids in any case, recorded or not. The client's trace id is
 * an attribute: a client decides neither our ids nor what is recorded.
 */
export function startServerSpan(traceparent: string | undefined): ServerSpan {
  const clientTraceId = placeOf(traceparent)?.traceId;
  const attributes = clientTraceId === undefined ? {} : { 'columna.client.trace_id': clientTraceId };
  const span = startSpan('HTTP', { kind: 'SERVER', attributes });
  const at = traceOf(span);
  return { ...(at === undefined ? unrecorded() : { span, trace: at }), clientTraceId };
}

/** A place in a trace of its own that nobody records. */
export function unrecorded(): ServerSpan {
  const [traceId, spanId] = [randomHex(), randomHex().slice(16)];
  const span = trace.wrapSpanContext({ traceId, spanId, traceFlags: TraceFlags.NONE });
  return { span, trace: { traceId, traceparent: `00-${traceId}-${spanId}-00` } };
}

/** 32 random hexadecimal digits. A UUID costs less than random bytes: Node draws those of many UUIDs at once. */
const randomHex = () => randomUUID().replaceAll('-', '');

/** Ends a request's span, named after its route: a path may say who. */
export function endServerSpan(span: Span, answered: { readonly method: string; readonly route: string; readonly status: string }): void {
  const { method, route, status } = answered;
  span.updateName(`${method} ${route}`);
  span.setAttributes({ 'http.request.method': method, 'http.route': route, 'http.response.status_code': Number(status) });
  if (status >= '500') markFailed(span, status);
  span.end();
}

/** The span at work. */
export const currentSpan = (): Span | undefined => trace.getActiveSpan();

/** Does some work within a span: what the work asks of PostgreSQL, Redis and providers becomes its children. */
export const within = <T>(span: Span, work: () => T): T =>
  // Where nobody records there is nothing to be a child of, and most work is like that.
  span.isRecording() || currentSpan() !== undefined ? context.with(trace.setSpan(ROOT_CONTEXT, span), work) : work();

/** Does some work as a span, and ends it. */
export async function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const span = startSpan(name, options);
  try {
    return await within(span, work);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Begins a span of the one at work; undefined where none is recorded: what asks by itself is no news. */
export function startChild(name: string, attributes: Attributes): Span | undefined {
  const parent = currentSpan();
  if (parent?.isRecording() !== true) return undefined;
  return tracer().startSpan(name, { kind: SpanKind.CLIENT, attributes }, trace.setSpan(ROOT_CONTEXT, parent));
}

/** Marks a span as failed, by the error's code or name: a message may quote anything. */
export function failSpan(span: Span, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  markFailed(span, error instanceof Error && 'code' in error ? String(error.code) : name);
}

/** Marks a span as failed; `type` is one of few. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}

/**
 * Does the work that several spans share. It can be a child of one only: the first that is recorded, or where there are
 * more a span below the first, linked with the others both ways.
 */
export async function withinAll<T>(name: string, spans: readonly (Span | undefined)[], work: () => Promise<T>): Promise<T> {
  const [first, ...others] = spans.filter((span) => span?.isRecording() === true) as Span[];
  if (first === undefined) return context.with(ROOT_CONTEXT, work);
  if (others.length === 0) return within(first, work);
  const links = others.map((other) => ({ context: other.spanContext() }));
  const attributes = { 'messaging.batch.message_count': spans.length };
  const shared = tracer().startSpan(name, { links, attributes }, trace.setSpan(ROOT_CONTEXT, first));
  for (const other of others) other.addLink({ context: shared.spanContext() });
  return within(shared, work).finally(() => shared.end());
}

/** Puts a moment into the trace of what led to it, linked with the span at work both ways; gives its `traceparent`. */
export function recordIn(traceparent: string | null, name: string, attributes: Attributes): string | undefined {
  if (traceparent === null) return undefined;
  const cause = currentSpan();
  const span = startSpan(name, { kind: 'CONSUMER', parent: traceparent, link: traceOf(cause)?.traceparent, attributes });
  cause?.addLink({ context: span.spanContext() });
  span.end();
  return traceOf(span)?.traceparent;
}

/** A trace context as BullMQ's telemetry metadata, the way `bullmq-otel` writes it. */
export function toMetadata(span: Span | undefined): string | undefined {
  const at = traceOf(span);
  return at === undefined ? undefined : `{"traceparent":"${at.traceparent}"}`;
}

/** The `traceparent` in BullMQ's telemetry metadata. */
export const fromMetadata = (metadata: string | undefined): string | undefined => IN_METADATA.exec(metadata ?? '')?.[1];

function placeOf(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = W3C.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
