import { randomBytes } from 'node:crypto';

/** Where a unit of work stands in its trace. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** This unit's W3C trace context, to be given to whatever it sets off. */
  readonly traceparent: string;
}

const W3C = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;
const SAMPLED = '01';

/** Continues the caller's trace where its `traceparent` is well formed, or starts one. */
export function continueTrace(traceparent: string | undefined): Trace {
  const [, inherited, flags = SAMPLED] = W3C.exec(traceparent ?? '') ?? [];
  const traceId = inherited ?? randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}` };
}
