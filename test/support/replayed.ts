import type { Reaction } from '../../src/kernel/consumers/consumer.ts';
import { makeReplayer } from '../../src/kernel/consumers/replay.ts';
import { openLog } from '../../src/platform/log.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import type { Ports } from '../../src/workers/ports.ts';

/** Replays everything that a reaction hears, as an operator would; the types of the events that followed come back. */
export async function replayAll(sql: Sql, reaction: Reaction<Ports>, ports: Ports): Promise<readonly string[]> {
  const types = reaction.on.map(({ type }) => type);
  const rows = await sql<{ id: string }[]>`select id from outbox_event where event_type = any(${types}::text[]) order by id`;
  if (rows.length === 0) throw new Error(`${reaction.name} has heard nothing`);
  const replayer = makeReplayer(reaction, { ports, log: openLog({ process: 'test', level: 'silent' }) });
  return transaction(sql, (tx) => replayer(tx, rows.map(({ id }) => id)));
}
