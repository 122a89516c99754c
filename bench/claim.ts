import { publishEvents } from '../src/outbox/publish.ts';
import { type Measure, ratio } from './measure.ts';
import { fillOutbox, median, openWorld, type Servers, type World } from './world.ts';

const BATCH = 500;
const HISTORY_STEP = 100_000; // a statement has its time-out

/** Milliseconds of a publication with a long published history in the table, against an empty table. */
export async function measureClaim(
  servers: Servers,
  { history, rounds }: { readonly history: number; readonly rounds: number },
): Promise<Measure> {
  const empty = await openWorld(servers, []);
  const full = await openWorld(servers, []);
  for (let filled = 0; filled < history; filled += HISTORY_STEP) {
    await fillOutbox(full.sql, HISTORY_STEP);
    await full.sql`update outbox_event set status = 'published', published_at = now() where status = 'pending'`;
    await full.sql`delete from pending_event`;
  }
  await full.sql.unsafe('vacuum analyze outbox_event');
  await empty.sql.unsafe('vacuum analyze outbox_event');
  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const [withHistory, without] = [await publishOnce(full), await publishOnce(empty)];
    if (round === 0) continue;
    ours.push(withHistory);
    baseline.push(without);
  }
  await empty.close();
  await full.close();
  return ratio({
    name: `publication with ${history.toLocaleString('en')} published rows, against none`, unit: 'ms',
    ours: median(ours), baseline: median(baseline), bound: { atMost: 1.2 },
  });
}

async function publishOnce({ sql, relay }: World): Promise<number> {
  await fillOutbox(sql, BATCH);
  const began = performance.now();
  const { events } = await publishEvents(relay);
  const took = performance.now() - began;
  if (events !== BATCH) throw new Error(`published ${events} of ${BATCH}`);
  return took;
}
