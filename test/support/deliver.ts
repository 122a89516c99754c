import type { Consumer } from '../../src/kernel/consumers/consumer.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { openSpine } from './spine.ts';
import { tenantJoined } from './tenant-joined.ts';

/** Opens a spine that runs the consumer under test and refills its queue, with the given events on their way to it. */
export async function deliver(consumer: Consumer<object>, ...names: string[]) {
  const spine = await openSpine({ consumers: [consumer], ports: {} });
  const ids = await spine.commit(...names.map((name) => tenantJoined(name)));
  await publishEvents(spine.relay);
  spine.start();
  spine.keepRefilling();
  const consumed = async () => (await spine.sql<{ event_id: string }[]>`select event_id from consumed_event`).map((row) => row.event_id);
  const dead = () => spine.sql<{ event_id: string; attempts: number; error: string }[]>`select event_id, attempts, error from dead_letter where resolution is null`;
  return { ...spine, ids, consumed, dead };
}
