import type { Redis } from '../platform/redis.ts';

/** Tells the relays that something was committed. It may get lost: they look by themselves as well. */
export type Wake = () => void;

const channel = (prefix: string) => `${prefix}:wake`;

/** Makes a call that wakes relays. It never waits and never fails; calls of one turn of the event loop become one. */
export function makeWake(redis: Redis, prefix: string): Wake {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      redis.publish(channel(prefix), '').catch(() => undefined);
    });
  };
}

/** Calls `listener` whenever a relay should wake, over a connection of its own that outlives Redis. */
export async function onWake(redis: Redis, prefix: string, listener: () => void): Promise<void> {
  redis.on('message', listener);
  await redis.subscribe(channel(prefix));
}
