import { randomBytes, randomUUID } from 'node:crypto';
import { tokenIssuer } from '../dev/demo/people.ts';
import { UNLIMITED } from '../dev/unbounded.ts';
import { jobs } from '../src/jobs/index.ts';
import { registerJobs } from '../src/kernel/jobs/job-runs.ts';
import { consumers } from '../src/workers/index.ts';
import { fillMonth } from './fill-month.ts';
import { absolute, type Measure } from './measure.ts';
import { startOn } from './processes.ts';
import { openWorld, type Servers, type World } from './world.ts';

const UI = '/backoffice/ui';
const BOUND_MS = 200;

/** Milliseconds until a page of the backoffice is there, over a month of events; of the slowest page, and of the overview. */
export async function measurePages(
  servers: Servers,
  { events, rounds }: { readonly events: number; readonly rounds: number },
): Promise<readonly Measure[]> {
  const world = await openWorld(servers, consumers);
  await registerJobs(world.sql, jobs.map(({ name }) => name));
  await fillMonth(world, events);
  const secret = randomBytes(32).toString('hex');
  const env = { JWT_SECRET: secret, HASH_KEY: secret, PAYMENTS_WEBHOOK_SECRETS: secret, JWKS_URL: '', ...UNLIMITED };
  const web = await startOn(world, { servers, formation: { web: 1 }, env });
  const token = await tokenIssuer(secret)({ userId: randomUUID() }, { roles: ['backoffice:read'] });
  const open = async (path: string) => {
    const began = performance.now();
    const answer = await fetch(`http://127.0.0.1:${web.processes[0]?.ports['PORT']}${path}`, { headers: { Cookie: `columna_session=${token}` } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${text.slice(0, 2_000)}`);
    return performance.now() - began;
  };
  const measured = [];
  for (const path of await listPages(world)) {
    await open(path);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await open(path));

    measured.push({ path, p95: times.toSorted((a, b) => a - b)[Math.ceil(rounds * 0.95) - 1] ?? Number.NaN });
  }
  await web.stop();
  await world.close();
  const slowest = measured.toSorted((a, b) => b.p95 - a.p95).slice(0, 3);
  return slowest.map(({ path, p95 }) => absolute({ name: `${path.replace(/[0-9a-f-]{36}/g, '…')}, p95 over ${events.toLocaleString('en')} events`, unit: 'ms', ours: p95, bound: { atMost: BOUND_MS } }));
}

/** Every page, with the filters that make the database work the most. */
async function listPages({ sql }: World): Promise<readonly string[]> {
  const [event] = await sql<{ id: string; tenantId: string; correlationId: string }[]>`
    select id, tenant_id as "tenantId", correlation_id as "correlationId" from outbox_event where event_type = 'TicketCreated' order by id desc offset 1000 limit 1
  `;
  const [notification] = await sql<{ userId: string }[]>`select user_id as "userId" from notification where event_id = ${event?.id ?? ''}`;
  const old = new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 19);
  return [
    '/backoffice',
    `${UI}/events`, `${UI}/events?type=ListingViewed`, `${UI}/events?type=FraudSuspected`, `${UI}/events?type=InvoiceIssued`, `${UI}/events?status=failed`,
    `${UI}/events?tenantId=${event?.tenantId}`, `${UI}/events?tenantId=${randomUUID()}`, `${UI}/events?correlationId=${event?.correlationId}`, `${UI}/events?from=${old}&to=${old.slice(0, 11)}23:59:59`,
    `${UI}/events?type=FraudSuspected&tenantId=${event?.tenantId}`,
    `${UI}/events/${event?.id}`,
    `${UI}/dead-letters`, `${UI}/dead-letters?consumer=notify`, `${UI}/dead-letters/retry`,
    `${UI}/replays`, `${UI}/jobs`, `${UI}/jobs/release-notifications`,
    `${UI}/notifications`, `${UI}/notifications?status=failed`, `${UI}/notifications?userId=${notification?.userId}`, `${UI}/notifications?userId=${randomUUID()}`,
    `${UI}/notifications?tenantId=${event?.tenantId}`, `${UI}/notifications?template=digest`, `${UI}/notifications?channel=whatsapp`, `${UI}/notifications/explain?eventId=${event?.id}&userId=${notification?.userId}`,
    `${UI}/templates`, `${UI}/webhooks`, `${UI}/actions`, `${UI}/actions?action=pause-job`, `${UI}/doctor`,
  ];
}
