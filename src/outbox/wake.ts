import type { Redis } from '../platform/redis.ts';

/** Tells the relays that something was committed. It may get lost: they look by themselves as well. */
export type Wake = () => void;

const channel = (prefix: string) => `${prefix}:wake`;

/**
 * Makes a call that wakes relays. It never waits and never fails. Calls that come while a wake-up is on its way become
 * one more after it.
 */
export function makeWake(redis: Redis, prefix: string): Wake {
  let isOnItsWay = false;
  let isDue = false;
  const send = () => {
    isDue = false;
    redis.publish(channel(prefix), '').catch(() => undefined).finally(() => {
      isOnItsWay = isDue;
      if (isDue) send();
    });
  };
  return () => {
    isDue = true;
    if (isOnItsWay) return;
    isOnItsWay = true;
    setImmediate(send);
  };
}

/** Calls `listener` whenever a relay should wake, over a connection of its own that outlives Redis. */
export async function onWake(redis: Redis, prefix: string, listener: () => void): Promise<void> {
  redis.on('message', listener);
  await redis.subscribe(channel(prefix));
}
