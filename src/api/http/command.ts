import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Origin } from '../../outbox/append.ts';
import type { Tx } from '../../platform/postgres.ts';
import { transaction } from '../../platform/transaction.ts';
import { claimKey, saveAnswer, type Answered, type KeyScope, type Statement } from '../../store/operations/idempotency-keys.ts';
import type { Caller } from './auth.ts';
import type { ApiDeps, Env } from './context.ts';
import { locationOf } from './locate.ts';
import { Problem } from './problem.ts';
import { type ProblemCode, problemTypes } from './problem-types.ts';

const TIMEOUT_MS = 10_000;

/** One transaction for a command's rows, its events and its answer. */
export interface CommandContext {
  readonly tx: Tx;
  readonly caller: Caller;
  readonly now: Date;
  readonly traceId: string;
  /** Adds events that commit with the command or not at all. */
  emit(events: readonly NewEvent[]): void;
  /** Takes statements that nobody has sent and whose results nobody reads: they are sent as one with the answer. */
  save(...statements: readonly Statement[]): void;
}

export interface Answer {
  /** 202 waits for a second operator. */
  readonly status: 200 | 201 | 202;
  readonly body: unknown;
}

/**
 * Runs a write once per caller, route and Idempotency-Key. Its answer commits with it, so a repetition gets the same
 * bytes, even after a crash; an error commits nothing and may be tried again with the same key.
 */
export async function command(
  c: Context<Env>,
  { sql, wake, keyLimit }: Pick<ApiDeps, 'sql' | 'wake' | 'keyLimit'>,
  work: (context: CommandContext) => Promise<Answer>,
  key = c.req.header('Idempotency-Key'),
): Promise<Response> {
  const { scope, fingerprint, isSame, origin } = readRequest(c, key);
  const facts = { caller: c.get('caller'), traceId: c.get('trace').traceId };
  const answered = await transaction(
    sql,
    async (tx) => {
      const { claimed, answered: earlier } = await claimKey(tx, scope);
      if (!claimed) throw running();
      if (earlier !== undefined) return { ...earlier, isReplay: true };
      await keyLimit.take(tx, scope.subject, facts.caller);
      const { context, events, statements } = collect({ ...facts, tx, now: new Date() });
      const { status, body } = await work(context);
      const first: Answered = { fingerprint, status, answer: JSON.stringify(body) };
      await saveAnswer(tx, scope, first, { events: events.map((event) => ({ event, origin })), statements });
      return { ...first, isReplay: false };
    },
    { timeoutMs: TIMEOUT_MS },
  );
  if (!answered.isReplay) wake();
  return reply(c, answered, isSame);
}

/** Reads a request's key and fingerprint, and the origin of its events. @throws {Problem} 400 for an unusable key. */
export function readRequest(c: Context<Env>, key = c.req.header('Idempotency-Key')) {
  const digest = (body: string | Uint8Array) =>
    createHash('sha256').update(`${c.req.path}\n`).update(body).digest('base64url');
  const fingerprint = digest(c.get('canonicalBody')?.() ?? c.get('body'));
  // Earlier releases took the digest of the bytes.
  const isSame = (earlier: string) => earlier === fingerprint || earlier === digest(c.get('body'));
  const origin: Origin = { correlationId: uuidv7(), traceparent: c.get('trace').traceparent };
  return { scope: readScope(c, key), fingerprint, isSame, origin };
}

/** Answers with the stored bytes. @throws {Problem} 422 when the key was used for another request. */
export function reply(
  c: Context<Env>,
  answered: Answered & { readonly isReplay: boolean },
  isSame: (fingerprint: string) => boolean,
): Response {
  if (!isSame(answered.fingerprint)) throw keyProblem('idempotency-key-reused', 'was used for another request');
  const replayed = answered.isReplay ? { 'Idempotency-Replayed': 'true' } : {};
  const location = answered.status === 201 ? locationOf(c, answered.answer) : undefined;
  const headers = {
    'Content-Type': 'application/json', ...replayed, ...(location !== undefined && { Location: location }),
  };
  return new Response(answered.answer, { status: answered.status, headers });
}

/** Makes the 409 for a key while another request with it is running. */
export const running = () =>
  new Problem(409, 'A request with this Idempotency-Key is running.', {
    code: 'request-in-progress', headers: { 'Retry-After': '1' },
  });

/** A context, and the lists of what the work gives to it. */
function collect(given: Omit<CommandContext, 'emit' | 'save'>) {
  const events: NewEvent[] = [];
  const statements: Statement[] = [];
  const context: CommandContext = {
    ...given,
    emit: (emitted) => void events.push(...emitted),
    save: (...saved) => void statements.push(...saved),
  };
  return { context, events, statements };
}

function readScope(c: Context<Env>, key: string | undefined): KeyScope {
  const invalidKey = (detail: string) => keyProblem('invalid-idempotency-key', detail);
  if (key === undefined || key === '') throw invalidKey('is missing; a UUID of your own will do');
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) throw invalidKey('must have 1 to 200 printable ASCII characters');
  const { userId, tenantId } = c.get('caller');
  const subject = tenantId === undefined ? userId : `${userId} for ${tenantId}`;
  return { subject, route: `${c.req.method} ${c.get('route')}`, key };
}

const keyProblem = (code: ProblemCode, detail: string) =>
  new Problem(problemTypes[code].status, `The header Idempotency-Key ${detail}.`, {
    code,
    errors: [{ in: 'header', pointer: '/Idempotency-Key', detail }],
  });
