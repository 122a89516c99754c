import type { Appended } from '../../outbox/append.ts';
import type { Logger } from '../../platform/log.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Reaction } from './consumer.ts';
import { followOn } from './follow-on.ts';
import type { StoredEvent } from '../../events/contract/event.ts';
import { withDeadline } from '../../platform/with-deadline.ts';

/** What a handler asked for beside its effect. */
export interface Handled {
  readonly following: readonly Appended[];
  readonly hints: readonly (() => void)[];
}

/** Lets a reaction handle events in a transaction; what follows is still to be appended there. */
export async function handle<Ports>(
  { timeoutMs, handleBatch }: Reaction<Ports>,
  { tx, ports, log }: { readonly tx: Tx; readonly ports: Ports; readonly log: Logger },
  events: readonly StoredEvent[],
): Promise<Handled> {
  const following: Appended[] = [];
  const hints: (() => void)[] = [];
  const context = {
    tx,
    ports,
    log,
    now: new Date(),
    append(cause: StoredEvent, ...caused: Appended['event'][]) {
      following.push(...followOn(cause, caused));
    },
    afterCommit: (hint: () => void) => void hints.push(hint),
  };
  await withDeadline(timeoutMs, undefined, () => handleBatch(events, context));
  return { following, hints };
}
