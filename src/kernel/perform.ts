import { type Appended, append } from '../outbox/append.ts';
import { signal as reach } from '../platform/signal.ts';
import { transaction } from '../platform/transaction.ts';
import { consumeFresh, listConsumed } from '../store/deliveries.ts';
import { type CommittedEvent, readEvents } from '../store/stored-events.ts';
import { type Batched, makeBatcher } from './batcher.ts';
import type { Effect, Ended } from './consumer.ts';
import { type Runtime, readDelivered } from './deliver.ts';
import { isUnavailable } from '../platform/unavailable.ts';
import { RetryLater } from './errors.ts';
import { eventLog } from './event-log.ts';
import type { StoredEvent } from './event.ts';
import type { OnConsumed } from './react.ts';
import { withDeadline } from './with-deadline.ts';

const BATCH_LIMIT = 200;
const IN_HAND_MS = 1_000; // a copy of a delivery comes back when the other may have ended

/** A delivery on its way: `claimed` once it is known what is to be done. */
interface Wanted {
  readonly eventId: string;
  claimed?: { readonly event: StoredEvent; readonly committed: CommittedEvent; readonly task: unknown };
}

/**
 * Makes what performs an effect's deliveries: claims those at hand together, performs each by itself with no
 * transaction open, and settles together, with the proofs. A crash between performs again: the claim recognises it.
 */
export function makePerformer<Ports>(
  effect: Effect<Ports>,
  runtime: Runtime<Ports>,
  onConsumed: OnConsumed,
): (eventId: string, held: AbortSignal | undefined) => Promise<void> {
  const { sql, ports, log, poke } = runtime;
  const claim = makeBatcher<Wanted>({
    name: `claim ${effect.name}`, limit: BATCH_LIMIT, run: (batch) => together(batch, (part) => claimTogether(effect, runtime, part)),
  });
  const settle = makeBatcher<Ended>({
    name: `settle ${effect.name}`, limit: BATCH_LIMIT, run: (batch) => together(batch, settleTogether),
  });

  async function settleTogether(batch: readonly Batched<Ended>[]): Promise<void> {
    const ended = batch.map(({ item }) => item);
    const following: Appended[] = [];
    await transaction(sql, async (tx) => {
      await effect.settle(ended, { tx, append: (cause, ...events) => void following.push(...caused(cause, events)) });
      await append(tx, ...following);
      await consumeFresh(tx, effect.name, ended.filter(({ error }) => error === undefined).map(({ event }) => event.eventId));
    });
    if (following.length > 0) poke();
    for (const { resolve } of batch) resolve();
  }

  return async (eventId, held) => {
    const wanted: Wanted = { eventId };
    await claim(wanted);
    if (wanted.claimed === undefined) return; // it was done before, or there is nothing to do
    const { event, committed, task } = wanted.claimed;
    reach('effect.before');
    const performed = await withDeadline(effect.timeoutMs, held, (signal) =>
      effect.perform(task, { sql, ports, log: eventLog(log, event), signal }));
    reach('effect.performed');
    await settle({ event, task, ...performed });
    if (performed.error !== undefined) throw performed.error;
    onConsumed(committed);
  };
}

/** Runs a batch as one; when it fails, its items are taken one by one, so that only the guilty is rejected. */
async function together<Item>(batch: readonly Batched<Item>[], run: (batch: readonly Batched<Item>[]) => Promise<void>): Promise<void> {
  try {
    await run(batch);
  } catch (error) {
    if (isUnavailable(error) || batch.length === 1) throw error;
    for (const one of batch) await run([one]).catch(one.reject);
  }
}

async function claimTogether<Ports>(effect: Effect<Ports>, { sql, ports }: Runtime<Ports>, batch: readonly Batched<Wanted>[]): Promise<void> {
  const { name } = effect;
  const committed = await readEvents(sql, batch.map(({ item }) => item.eventId));
  const readable = new Map<string, { readonly delivery: Batched<Wanted>; readonly event: StoredEvent }>();
  for (const delivery of batch) {
    const { eventId } = delivery.item;
    try {
      if (readable.has(eventId)) throw new RetryLater(IN_HAND_MS, 'the same is in hand');
      readable.set(eventId, { delivery, event: readDelivered(effect, committed.get(eventId), delivery.span) });
    } catch (error) {
      delivery.reject(error);
    }
  }
  if (readable.size === 0) return;
  const claims = await transaction(sql, async (tx) => {
    const consumed = await listConsumed(tx, name, [...readable.keys()]);
    const fresh = [...readable.values()].map(({ event }) => event).filter(({ eventId }) => !consumed.has(eventId));
    const made = fresh.length === 0 ? new Map() : await effect.claim(fresh, { tx, ports });
    const done = fresh.filter(({ eventId }) => made.get(eventId)?.state === 'done');
    await consumeFresh(tx, name, done.map(({ eventId }) => eventId));
    return made;
  });
  for (const [eventId, { delivery, event }] of readable) {
    const found = claims.get(eventId);
    const stored = committed.get(eventId);
    if (found?.state === 'later') delivery.reject(new RetryLater(found.delayMs, found.reason));
    else {
      if (found?.state === 'mine' && stored !== undefined) delivery.item.claimed = { event, committed: stored, task: found.task };
      delivery.resolve();
    }
  }
}

function caused({ eventId: causationId, correlationId, traceparent }: StoredEvent, events: readonly Appended['event'][]): Appended[] {
  return events.map((event) => ({ event, origin: { causationId, correlationId, traceparent } }));
}
