import type { Redis } from '../platform/redis.ts';

/** Tells the relays that something was committed. It may get lost: they look by themselves as well. */
export type Wake = () => void;

const channel = (prefix: string) => `${prefix}:wake`;

const REST_MS = 2; // between two wake-ups of a process: under load each wakes the relays for many commits

/** Makes a call that wakes relays. It never waits and never fails. Calls within the rest become one at its end. */
export function makeWake(redis: Redis, prefix: string): Wake {
  let isResting = false;
  let isDue = false;
  const send = () => {
    isDue = false;
    redis.publish(channel(prefix), '').catch(() => undefined);
    setTimeout(() => {
      isResting = false;
      if (isDue) rest();
    }, REST_MS);
  };
  const rest = () => {
    isResting = true;
    setImmediate(send);
  };
  return () => {
    isDue = true;
    if (!isResting) rest();
  };
}

/** Calls `listener` whenever a relay should wake, over a connection of its own that outlives Redis. */
export async function onWake(redis: Redis, prefix: string, listener: () => void): Promise<void> {
  redis.on('message', listener);
  await redis.subscribe(channel(prefix));
}
