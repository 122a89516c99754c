import { consumers } from '../src/workers/index.ts';
import { openCustomers } from './customers.ts';
import { type Measure, median, ratio, type Size } from './measure.ts';
import { openWorld, seconds, type Servers, type World } from './world.ts';

const WITHOUT_OUTBOX = `--import ${new URL('without-outbox.ts', import.meta.url).href}`;

/** Tickets per second through a web process, against one that differs in nothing but that it writes no event. */
export async function measureWrite(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const world = await openWorld(servers, consumers);
  const full = await openCustomers(world, { servers });
  const bare = await openCustomers(world, { servers, nodeOptions: WITHOUT_OUTBOX });
  const tenantId = await full.foundTenant();
  for (const customers of [full, bare]) await customers.openTickets(tenantId, 1);
  await assertDiffer(world);

  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const tookBare = await seconds(() => bare.openTickets(tenantId, count));
    const tookFull = await seconds(() => full.openTickets(tenantId, count));
    if (round === 0) continue;
    ours.push(count / tookFull);
    baseline.push(count / tookBare);
  }
  await full.close();
  await bare.close();
  await world.close();
  return ratio({
    name: 'POST /tickets with its event, against without', unit: 'requests/s',
    ours: median(ours), baseline: median(baseline), bound: { atLeast: 0.8 },
  });
}

/** Each has opened one ticket: the baseline is the same handler, and wrote no event. */
async function assertDiffer({ sql }: World): Promise<void> {
  const tickets = await sql`select from ticket`;
  const events = await sql`select from outbox_event where event_type = 'TicketCreated'`;
  if (tickets.length === 2 && events.length === 1) return;
  throw new Error(`${tickets.length} tickets and ${events.length} events, not 2 and 1`);
}
