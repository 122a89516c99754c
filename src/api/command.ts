import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import type { NewEvent } from '../kernel/event.ts';
import type { Origin } from '../outbox/append.ts';
import type { Tx } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import { claimKey, saveAnswer, type Answered, type KeyScope, type Statement } from '../store/idempotency-keys.ts';
import type { Caller } from './auth.ts';
import type { ApiDeps, Env } from './context.ts';
import { Problem } from './problem.ts';

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
  readonly status: 200 | 201;
  readonly body: unknown;
}

export interface CommandOptions<Ahead> {
  /** The Idempotency-Key; by default the header's. */
  readonly key?: string | undefined;
  /** Reads what the work needs in any case. The statement travels with the claim of the key, so it must lock nothing. */
  readonly ahead?: (tx: Tx) => Promise<Ahead>;
}

/**
 * Runs a write once per caller, route and Idempotency-Key. Its answer commits with it, so a repetition gets the same
 * bytes, even after a crash; an error commits nothing and may be tried again with the same key.
 */
export async function command<Ahead = undefined>(
  c: Context<Env>,
  { sql, poke }: Pick<ApiDeps, 'sql' | 'poke'>,
  work: (context: CommandContext, ahead: Ahead) => Promise<Answer>,
  { key = c.req.header('Idempotency-Key'), ahead }: CommandOptions<Ahead> = {},
): Promise<Response> {
  const caller = c.get('caller');
  const { traceId, traceparent } = c.get('trace');
  const scope = readScope(c, key);
  const fingerprint = createHash('sha256').update(`${c.req.path}\n`).update(c.get('body')).digest('base64url');
  const origin: Origin = { correlationId: uuidv7(), traceparent };

  const { answered, isReplay } = await transaction(
    sql,
    async (tx) => {
      const [earlier, read] = await Promise.all([findAnswer(tx, scope, fingerprint), ahead?.(tx)]);
      if (earlier !== undefined) return { answered: earlier, isReplay: true };
      const { context, events, statements } = collect({ tx, caller, now: new Date(), traceId });
      const { status, body } = await work(context, read as Ahead);
      const first: Answered = { fingerprint, status, answer: JSON.stringify(body) };
      await saveAnswer(tx, scope, first, { events: events.map((event) => ({ event, origin })), statements });
      return { answered: first, isReplay: false };
    },
    { timeoutMs: TIMEOUT_MS },
  );

  if (!isReplay) poke();
  const headers = { 'Content-Type': 'application/json', ...(isReplay ? { 'Idempotency-Replayed': 'true' } : {}) };
  return new Response(answered.answer, { status: answered.status, headers });
}

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

/** @throws {Problem} 409 while another request with the key is running, 422 when the key was for another request. */
async function findAnswer(tx: Tx, scope: KeyScope, fingerprint: string): Promise<Answered | undefined> {
  const { claimed, answered } = await claimKey(tx, scope);
  if (!claimed) {
    throw new Problem(409, 'A request with this Idempotency-Key is running.', { headers: { 'Retry-After': '1' } });
  }
  if (answered !== undefined && answered.fingerprint !== fingerprint) {
    throw keyProblem(422, 'was used for another request');
  }
  return answered;
}

function readScope(c: Context<Env>, key: string | undefined): KeyScope {
  if (key === undefined || key === '') throw keyProblem(400, 'is missing; a UUID of your own will do');
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) throw keyProblem(400, 'has to be 1 to 200 printable ASCII characters');
  const { userId, tenantId } = c.get('caller');
  const subject = tenantId === undefined ? userId : `${userId} for ${tenantId}`;
  return { subject, route: `${c.req.method} ${c.get('route')}`, key };
}

const keyProblem = (status: number, detail: string) =>
  new Problem(status, `The header Idempotency-Key ${detail}.`, {
    errors: [{ in: 'header', pointer: '/Idempotency-Key', detail }],
  });
