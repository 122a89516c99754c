import { failSpan, startChild } from './telemetry.ts';

/** A query of postgres.js: it is sent by its `handler`, once somebody waits for it. */
export interface SentQuery extends Promise<unknown> {
  handler(query: SentQuery): unknown;
  reject(error: unknown): void;
  /** Whether its text is ours, with its values beside it. */
  readonly tagged: boolean;
  /** Set when it is sent: the text with `$1` for each value. */
  readonly statement?: { readonly string: string } | null;
  /** Set when it is sent: the session that it is sent to. */
  readonly state?: { readonly pid: number } | null;
}

/** Whether a call of `sql` made a query; a fragment is one too, which is never sent. */
export const isQuery = (value: unknown): value is SentQuery => value instanceof Promise && 'handler' in value;

/** What a statement does first, and to what; in a chain of `with` that is its first link. */
const DOES = /\b(?:(insert)\s+into|(update)|(delete)\s+from|(select)\b[^]*?\bfrom)\s+([a-z_]+)/;

/** Lets a query be a span of whatever asks for it, when it is sent. */
export function traceQuery(query: SentQuery): void {
  const send = query.handler;
  query.handler = (sent) => {
    const span = startChild('SQL', { 'db.system.name': 'postgresql' });
    if (span === undefined) return send(sent);
    const end = () => {
      const text = (sent.tagged ? sent.statement?.string : undefined) ?? '';
      const [, ...found] = DOES.exec(text) ?? [];
      const [verb = 'SQL', table = ''] = found.filter((part) => part !== undefined);
      span.updateName(`${verb.toUpperCase()} ${table}`.trim());
      span.setAttribute('db.query.text', text.replace(/\s+/g, ' ').trim()).end();
    };
    const fail = (error: unknown) => {
      failSpan(span, error);
      end();
    };
    // `then` of the query itself would send it again; the promise beneath only listens.
    Promise.prototype.then.call(sent, end, fail).catch(() => undefined); // a span that cannot end is no error of the query
    return send(sent);
  };
}
