import { append } from '../../outbox/append.ts';
import type { Logger } from '../../platform/log.ts';
import type { Tx } from '../../platform/postgres.ts';
import { consumeFresh } from './consumption.ts';
import { readEvents } from '../../outbox/read-events.ts';
import type { Consumer, Reaction } from './consumer.ts';
import { readEvent } from './delivery.ts';
import { handle } from './handle.ts';

/** Handles past events again within a transaction, in the lane `bulk`. Returns the types of the events that followed. */
export type Replayer = (tx: Tx, eventIds: readonly string[]) => Promise<readonly string[]>;

/** Makes the replayers of the consumers that may handle past events again, by consumer. */
export function replayersOf<Ports>(
  consumers: readonly Consumer<Ports>[],
  { ports, log }: { readonly ports: Ports; readonly log: Logger },
): ReadonlyMap<string, Replayer> {
  const replayable = consumers.filter((consumer) => consumer.kind === 'reaction' && consumer.replay !== 'forbidden') as Reaction<Ports>[];
  return new Map(replayable.map((reaction) => [reaction.name, makeReplayer(reaction, { ports, log: log.child({ consumer: reaction.name }) })]));
}

/**
 * Makes a reaction handle past events whether or not it consumed them before, which its `replay` allows: what is there
 * already it finds. One that was missing or dead is consumed now.
 */
export function makeReplayer<Ports>(reaction: Reaction<Ports>, { ports, log }: { readonly ports: Ports; readonly log: Logger }): Replayer {
  return async (tx, eventIds) => {
    const stored = await readEvents(tx, eventIds);
    const events = eventIds.map((id) => readEvent(reaction, stored.get(id), undefined));
    await consumeFresh(tx, reaction.name, eventIds);
    const { following } = await handle(reaction, { tx, ports, log }, events);
    await append(tx, ...following.map(({ event, origin }) => ({ event: { ...event, lane: 'bulk' as const }, origin })));
    return following.map(({ event }) => event.eventType);
  };
}
