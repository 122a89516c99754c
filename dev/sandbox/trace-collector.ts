import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An ended span, as OTLP's JSON tells it. */
export interface CollectedSpan {
  /** `columna-web` */
  readonly service: string;
  readonly name: string;
  /** `SERVER`, `PRODUCER`, … */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty at the root of a trace. */
  readonly parentSpanId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

/** A pretended OTLP collector. */
export interface TraceCollector extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came. */
  readonly spans: readonly CollectedSpan[];
  /** Every post's text. */
  readonly posts: readonly string[];
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface PostedSpan extends Omit<CollectedSpan, 'service' | 'kind' | 'attributes' | 'failed' | 'links'> {
  readonly kind: number;
  readonly links?: CollectedSpan['links'];
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number };
}

interface Posted {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly PostedSpan[] }[];
  }[];
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const FAILED = 2;

/** Takes spans over OTLP/HTTP in JSON. Where nothing is `kept`, posts are only counted; `GET /posts` says how many came. */
export async function startTraceCollector({ kept = true } = {}): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const posts: string[] = [];
  let taken = 0;
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    if (request.url === '/posts') return response.end(String(taken));
    if (request.url !== '/v1/traces') return response.writeHead(404).end();
    taken += 1;
    if (kept) {
      posts.push(body);
      spans.push(...spansOf(JSON.parse(body) as Posted));
    }
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => void receive(request, response).catch(() => request.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function spansOf({ resourceSpans }: Posted): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap((scope) => scope.spans.map(({ kind, links, attributes, status, ...span }) => ({
      service,
      name: span.name,
      kind: KINDS[kind] ?? '',
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? '',
      links: (links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      attributes: valuesOf(attributes),
      failed: status.code === FAILED,
    })));
  });
}

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

if (import.meta.main) {
  const { url } = await startTraceCollector({ kept: false });
  console.log(url);
}
