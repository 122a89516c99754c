import { append } from '../outbox/append.ts';
import { isUnavailable } from '../platform/unavailable.ts';
import { signal } from '../platform/signal.ts';
import { transaction } from '../platform/transaction.ts';
import { consumeFresh } from '../store/deliveries.ts';
import { type CommittedEvent, readEvents } from '../store/stored-events.ts';
import type { Batched } from './batcher.ts';
import type { Reaction } from './consumer.ts';
import { type Runtime, readDelivered } from './deliver.ts';
import type { StoredEvent } from './event.ts';
import { handle } from './handle.ts';

const COMMIT_MARGIN_MS = 5_000; // for the proof, the follow-on events and the commit, beyond the handler's own time

/** What reacting to a batch tells of: each delivery consumed, by the event it brought. */
export type OnConsumed = (event: CommittedEvent) => void;

/**
 * Consumes a batch of deliveries in one transaction. When it fails, the deliveries are taken one by one, so that only
 * the guilty one is rejected; an outage rejects them all, for none is guilty.
 */
export async function react<Ports>(
  reaction: Reaction<Ports>,
  runtime: Runtime<Ports>,
  batch: readonly Batched<string>[],
  onConsumed: OnConsumed,
): Promise<void> {
  const committed = await readEvents(runtime.sql, batch.map(({ item }) => item));
  const readable: Readable[] = [];
  for (const delivery of batch) {
    try {
      readable.push({ delivery, event: readDelivered(reaction, committed.get(delivery.item), delivery.span) });
    } catch (error) {
      delivery.reject(error);
    }
  }
  if (readable.length === 0) return;
  const commit = async (parts: readonly Readable[]) => {
    const fresh = await commitTogether(reaction, runtime, parts.map(({ event }) => event));
    for (const { eventId } of fresh) onConsumed(committed.get(eventId) as CommittedEvent);
    for (const { delivery } of parts) delivery.resolve();
  };

  try {
    await commit(readable);
  } catch (error) {
    if (isUnavailable(error) || readable.length === 1) {
      for (const { delivery } of readable) delivery.reject(error);
      return;
    }
    for (const part of readable) {
      await commit([part]).catch(part.delivery.reject);
    }
  }
}

interface Readable {
  readonly delivery: Batched<string>;
  readonly event: StoredEvent;
}

/** One transaction: the proof of consumption first, then the effect of the fresh ones, then what follows; these come back. */
async function commitTogether<Ports>(
  reaction: Reaction<Ports>,
  { sql, ports, log, poke }: Runtime<Ports>,
  events: readonly StoredEvent[],
): Promise<readonly StoredEvent[]> {
  signal('reaction.before');
  const { name, timeoutMs } = reaction;
  const { handled, following, hints } = await transaction(
    sql,
    async (tx) => {
      const fresh = await consumeFresh(tx, name, events.map(({ eventId }) => eventId));
      const toHandle = events.filter(({ eventId }) => fresh.delete(eventId));
      if (toHandle.length === 0) return { handled: [], following: [], hints: [] };
      const asked = await handle(reaction, { tx, ports, log }, toHandle);
      await append(tx, ...asked.following);
      signal('reaction.inside');
      return { handled: toHandle, ...asked };
    },
    { timeoutMs: timeoutMs + COMMIT_MARGIN_MS },
  );
  signal('reaction.committed');
  if (following.length > 0) poke();
  for (const hint of hints) hint();
  return handled;
}
