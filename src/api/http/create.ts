import type { Context } from 'hono';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Db } from '../../platform/postgres.ts';
import { Unavailable } from '../../platform/unavailable.ts';
import { findAnswer, saveNewAnswer, type Answered, type Conflict, type Statement } from '../../store/operations/idempotency-keys.ts';
import type { Caller } from './auth.ts';
import { readRequest, reply, running, type Answer } from './command.ts';
import type { ApiDeps, Env } from './context.ts';

const TIMEOUT_MS = 10_000;

/** What a creation adds. */
export interface Creation extends Answer {
  readonly events: readonly NewEvent[];
  readonly statements: readonly Statement[];
}

/** Facts of a decision. */
export interface Deciding {
  /** Makes the statements. */
  readonly db: Db;
  readonly caller: Caller;
  readonly now: Date;
}

export interface CreateOptions<Read> {
  /** Reads what the decision needs. It locks nothing, so the decision must stay right when that changes. */
  readonly read?: (db: Db) => Promise<Read>;
  /** Decides what to add. It changes nothing by itself, for its result may be dropped. */
  readonly decide: (facts: Deciding, read: Read) => Creation;
}

/**
 * Runs a write that only adds rows, once per caller, route and Idempotency-Key, with the promises of `command`. After
 * the reading, one statement claims the key and adds the rows, the events and the answer.
 */
export async function create<Read = undefined>(
  c: Context<Env>,
  { sql, wake, keyLimit }: Pick<ApiDeps, 'sql' | 'wake' | 'keyLimit'>,
  { read, decide }: CreateOptions<Read>,
): Promise<Response> {
  const { scope, fingerprint, isSame, origin } = readRequest(c);
  const add = async (): Promise<Answered | Conflict> => {
    await keyLimit.take(sql, scope.subject, c.get('caller'));
    const found = (await read?.(sql)) as Read;
    const { status, body, events, statements } = decide({ db: sql, caller: c.get('caller'), now: new Date() }, found);
    const first: Answered = { fingerprint, status, answer: JSON.stringify(body) };
    const saved = { events: events.map((event) => ({ event, origin })), statements };
    return (await saveNewAnswer(sql, scope, first, saved)) ?? first;
  };
  const answered = await settleWithin(TIMEOUT_MS, addOnce(add, () => findAnswer(sql, scope)));
  if (!answered.isReplay) wake();
  return reply(c, answered, isSame);
}

/** Adds, or finds the first answer. @throws {Problem} 409 while another request with the key is running. */
async function addOnce(
  add: () => Promise<Answered | Conflict>,
  find: () => Promise<Answered | undefined>,
): Promise<Answered & { readonly isReplay: boolean }> {
  let added: Answered | Conflict;
  try {
    added = await add();
  } catch (error) {
    // The first request may have been right to do what is wrong by now: its answer still stands.
    const earlier = await find().catch(() => undefined);
    if (earlier === undefined) throw error;
    return { ...earlier, isReplay: true };
  }
  if (added === 'running') throw running();
  if (added !== 'answered') return { ...added, isReplay: false };
  const earlier = await find();
  if (earlier === undefined) throw running(); // the key was deleted meanwhile
  return { ...earlier, isReplay: true };
}

/** Waits no longer than so. A statement whose connection died may never settle. A repetition of the key finds out. */
async function settleWithin<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Unavailable(`no end within ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
