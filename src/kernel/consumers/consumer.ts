import type { Capacity } from '../../platform/capacity.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import type { Logger } from '../../platform/log.ts';
import { eventLog } from './event-log.ts';
import type { AnyContract, EventOf, NewEvent, StoredEvent } from '../../events/contract/event.ts';
import type { Replay } from '../../outbox/subscriptions.ts';

/** A reaction's surroundings: one transaction for its effect, its follow-on events and the consumption records. */
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

/** A claim of an outbound consumer on a delivery: a task, nothing to do, or nothing yet. */
export type Claim<Task> =
  | { readonly state: 'mine'; readonly task: Task }
  | { readonly state: 'done' }
  | { readonly state: 'later'; readonly delayMs: number; readonly reason: string };

/** Surroundings of a provider call. There is no transaction: none may stay open while a provider answers. */
export interface OutboundContext<Ports> {
  /** For what a provider call needs to know, never for its outcome. */
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** Aborts when the time-out passes or the worker loses its hold of the delivery. */
  readonly signal: AbortSignal;
}

/** The outcome of a task; with an error the delivery has failed. */
export interface Performed<End> {
  readonly end: End;
  readonly error?: Error | undefined;
}

/** A task that was performed, and the event that asked for it. */
export interface Ended<Task = unknown, End = unknown> extends Performed<End> {
  readonly event: StoredEvent;
  readonly task: Task;
}

interface Subscription {
  /** Lives in `consumed_event` and names the queue: renaming it consumes every event again. */
  readonly name: string;
  readonly on: readonly AnyContract[];
  /** Failures until a delivery is a dead letter. */
  readonly attempts: number;
  /** Milliseconds until a handler that has not settled is given up. */
  readonly timeoutMs: number;
  /** Deliveries that one batch carries at most. */
  readonly batchLimit: number;
  /** Batches at hand at once in one worker process. */
  readonly concurrency: number;
}

/** A consumer whose effect is in our PostgreSQL: exactly once. */
export interface Reaction<Ports> extends Subscription {
  readonly kind: 'reaction';
  readonly replay: Replay;
  handleBatch(events: readonly StoredEvent[], context: ReactionContext<Ports>): Promise<void>;
}

/**
 * A consumer that calls a provider: at least once, with a key by which the provider can recognise a repetition. The claim
 * commits before anything leaves; the outcome commits with the consumption record.
 */
export interface Outbound<Ports> extends Subscription {
  readonly kind: 'outbound';
  /** Returns the bound on calls that are under way at once; no more deliveries are claimed. */
  capacity?(ports: Ports): Capacity | undefined;
  /** Claims by event id; all at hand share one transaction. */
  claim(events: readonly StoredEvent[], context: Pick<ReactionContext<Ports>, 'tx' | 'ports'>): Promise<ReadonlyMap<string, Claim<unknown>>>;
  perform(task: unknown, context: OutboundContext<Ports>): Promise<Performed<unknown>>;
  /** Records outcomes; all at hand share one transaction. */
  settle(ended: readonly Ended[], context: Pick<ReactionContext<Ports>, 'tx' | 'append'>): Promise<void>;
}

export type Consumer<Ports> = Reaction<Ports> | Outbound<Ports>;

type Declared<On extends readonly AnyContract[]> = Pick<Subscription, 'name'> &
  Partial<Omit<Subscription, 'name' | 'on'>> & { readonly on: On };

type Handles<On extends readonly AnyContract[], Ports> =
  | { handle(event: EventOf<On[number]>, context: ReactionContext<Ports>): Promise<void> }
  | { handleBatch(events: readonly EventOf<On[number]>[], context: ReactionContext<Ports>): Promise<void> };

/** Declares a reaction by `handle` (one event) or `handleBatch` (all at hand, where set-based SQL pays). */
export function defineReaction<Ports, const On extends readonly AnyContract[]>(
  declared: Declared<On> & Handles<On, Ports> & { readonly replay?: Replay },
): Reaction<Ports> {
  const { name, on, replay = 'forbidden', attempts = 10, timeoutMs = 30_000, batchLimit = 500, concurrency = 4 } = declared;
  const handleBatch: Reaction<Ports>['handleBatch'] =
    'handleBatch' in declared
      ? (events, context) => declared.handleBatch(events as readonly EventOf<On[number]>[], context)
      : async (events, context) => {
          for (const event of events) {
            await declared.handle(event as EventOf<On[number]>, { ...context, get log() { return eventLog(context.log, event); } });
          }
        };
  return Object.freeze({ kind: 'reaction', name, on, replay, attempts, timeoutMs, batchLimit, concurrency, handleBatch });
}

interface OutboundSteps<On extends readonly AnyContract[], Ports, Task, End> extends Pick<Outbound<Ports>, 'capacity'> {
  claim(events: readonly EventOf<On[number]>[], context: Pick<ReactionContext<Ports>, 'tx' | 'ports'>): Promise<ReadonlyMap<string, Claim<Task>>>;
  perform(task: Task, context: OutboundContext<Ports>): Promise<Performed<End>>;
  settle(ended: readonly Ended<Task, End>[], context: Pick<ReactionContext<Ports>, 'tx' | 'append'>): Promise<void>;
}

/** Declares an outbound consumer by its three steps. */
export function defineOutbound<Ports, const On extends readonly AnyContract[], Task, End>(
  declared: Declared<On> & OutboundSteps<On, Ports, Task, End>,
): Outbound<Ports> {
  const { name, on, attempts = 10, timeoutMs = 30_000, batchLimit = 25, concurrency = 4, capacity, claim, perform, settle } = declared;
  const steps = { claim, perform, settle } as unknown as Pick<Outbound<Ports>, 'claim' | 'perform' | 'settle'>;
  return Object.freeze({ kind: 'outbound', name, on, attempts, timeoutMs, batchLimit, concurrency, ...(capacity && { capacity }), ...steps });
}
