import { signal as reach } from '../platform/signal.ts';
import { consumeFresh, isConsumed } from '../store/deliveries.ts';
import { readEvents } from '../store/stored-events.ts';
import type { Effect } from './consumer.ts';
import { type Runtime, readDelivered } from './deliver.ts';
import { eventLog } from './event-log.ts';
import type { OnConsumed } from './react.ts';
import { withDeadline } from './with-deadline.ts';

/**
 * Performs one delivery of an effect, unless its proof is there, then writes the proof. A crash between the two performs
 * again: an effect recognises its own earlier attempt.
 */
export async function perform<Ports>(
  effect: Effect<Ports>,
  { sql, ports, log }: Runtime<Ports>,
  { eventId, held }: { readonly eventId: string; readonly held: AbortSignal | undefined },
  onConsumed: OnConsumed,
): Promise<void> {
  const committed = (await readEvents(sql, [eventId])).get(eventId);
  const event = readDelivered(effect, committed);
  if (await isConsumed(sql, effect.name, eventId)) return;
  reach('effect.before');
  await withDeadline(effect.timeoutMs, held, (signal) =>
    effect.perform(event, { sql, ports, log: eventLog(log, event), signal }),
  );
  reach('effect.performed');
  await consumeFresh(sql, effect.name, [eventId]);
  if (committed !== undefined) onConsumed(committed);
}
