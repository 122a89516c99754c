import type { Redis } from '../../platform/redis.ts';

/** Tells every web process that these users' inboxes changed. It may get lost: they look by themselves as well. */
export type InboxHint = (userIds: readonly string[]) => void;

const MOST_IN_ONE = 500; // users in one message

const channel = (prefix: string) => `${prefix}:inbox`;

/**
 * Makes a hint that never waits and never fails, to be given after the commit; those of one turn of the event loop
 * become one.
 */
export function makeInboxHint(redis: Redis, prefix: string): InboxHint {
  const due = new Set<string>();
  const send = () => {
    const userIds = [...due];
    due.clear();
    for (let from = 0; from < userIds.length; from += MOST_IN_ONE) {
      const message = userIds.slice(from, from + MOST_IN_ONE).join(' ');
      redis.publish(channel(prefix), message).catch(() => undefined);
    }
  };
  return (userIds) => {
    if (due.size === 0 && userIds.length > 0) setImmediate(send);
    for (const userId of userIds) due.add(userId);
  };
}

/** Calls `listener` at each hint, over a connection of its own that outlives Redis. */
export async function onInboxHint(redis: Redis, prefix: string, listener: InboxHint): Promise<void> {
  redis.on('message', (_channel, message: string) => listener(message.split(' ')));
  await redis.subscribe(channel(prefix));
}
