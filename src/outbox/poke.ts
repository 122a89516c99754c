import type { Redis } from '../platform/redis.ts';

/** Tells the relays that something was committed. It may get lost: they look by themselves as well. */
export type Poke = () => void;

const channel = (prefix: string) => `${prefix}:poke`;

/** Makes a poke that never waits and never fails; those of one turn of the event loop become one. */
export function makePoke(redis: Redis, prefix: string): Poke {
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

/** Calls `listener` at each poke, over a connection of its own that outlives Redis. */
export async function onPoke(redis: Redis, prefix: string, listener: () => void): Promise<void> {
  redis.on('message', listener);
  await redis.subscribe(channel(prefix));
}
