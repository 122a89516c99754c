import type { Sql, Tx } from '../platform/postgres.ts';
import type { Logger } from '../platform/log.ts';
import { eventLog } from './event-log.ts';
import type { AnyContract, EventOf, NewEvent, StoredEvent } from './event.ts';

/** What a reaction is given: one transaction for its effect, its follow-on events and the proof of consumption. */
export interface ReactionContext<Ports> {
  readonly tx: Tx;
  readonly ports: Ports;
  readonly log: Logger;
  /** The time of the batch; rules take time from here, never from a clock of their own. */
  readonly now: Date;
  /** Adds follow-on events caused by `cause`; they commit with the reaction or not at all. */
  append(cause: StoredEvent, ...events: NewEvent[]): void;
  /** Calls `hint` once the reaction has committed. It must not wait or fail, and may get lost with the process. */
  afterCommit(hint: () => void): void;
}

/** What an effect is given. There is no transaction: none may stay open over a provider's answer. */
export interface EffectContext<Ports> {
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** Aborts when the time-out passes or the worker loses its hold of the delivery. */
  readonly signal: AbortSignal;
}

interface Subscription {
  /** Lives in `consumed_event` and names the queue: renaming it consumes every event again. */
  readonly name: string;
  readonly on: readonly AnyContract[];
  /** Failures until a delivery is a dead letter. */
  readonly attempts: number;
  /** Milliseconds until a handler that has not settled is given up. */
  readonly timeoutMs: number;
  /** Deliveries at hand at once in one worker process. */
  readonly concurrency: number;
}

/** A consumer whose effect is in our PostgreSQL: exactly once. */
export interface Reaction<Ports> extends Subscription {
  readonly kind: 'reaction';
  handleBatch(events: readonly StoredEvent[], context: ReactionContext<Ports>): Promise<void>;
}

/** A consumer whose effect is outside: at least once, with a key that lets the outside recognise a repetition. */
export interface Effect<Ports> extends Subscription {
  readonly kind: 'effect';
  perform(event: StoredEvent, context: EffectContext<Ports>): Promise<void>;
}

export type Consumer<Ports> = Reaction<Ports> | Effect<Ports>;

type Declared<On extends readonly AnyContract[]> = Pick<Subscription, 'name'> &
  Partial<Omit<Subscription, 'name' | 'on'>> & { readonly on: On };

type Handles<On extends readonly AnyContract[], Ports> =
  | { handle(event: EventOf<On[number]>, context: ReactionContext<Ports>): Promise<void> }
  | { handleBatch(events: readonly EventOf<On[number]>[], context: ReactionContext<Ports>): Promise<void> };

/** Declares a reaction by `handle` (one event) or `handleBatch` (all at hand, where set-based SQL pays). */
export function defineReaction<Ports, const On extends readonly AnyContract[]>(
  declared: Declared<On> & Handles<On, Ports>,
): Reaction<Ports> {
  const { name, on, attempts = 10, timeoutMs = 30_000, concurrency = 200 } = declared;
  const handleBatch: Reaction<Ports>['handleBatch'] =
    'handleBatch' in declared
      ? (events, context) => declared.handleBatch(events as readonly EventOf<On[number]>[], context)
      : async (events, context) => {
          for (const event of events) {
            await declared.handle(event as EventOf<On[number]>, { ...context, log: eventLog(context.log, event) });
          }
        };
  return Object.freeze({ kind: 'reaction', name, on, attempts, timeoutMs, concurrency, handleBatch });
}

/** Declares an effect. */
export function defineEffect<Ports, const On extends readonly AnyContract[]>(
  declared: Declared<On> & { perform(event: EventOf<On[number]>, context: EffectContext<Ports>): Promise<void> },
): Effect<Ports> {
  const { name, on, attempts = 10, timeoutMs = 30_000, concurrency = 20, perform } = declared;
  return Object.freeze({
    kind: 'effect', name, on, attempts, timeoutMs, concurrency,
    perform: (event: StoredEvent, context: EffectContext<Ports>) => perform(event as EventOf<On[number]>, context),
  });
}
