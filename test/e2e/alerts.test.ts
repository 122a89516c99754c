import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { append } from '../../src/outbox/append.ts';
import type { Tx } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { alertNames, watchBy } from '../support/alarmed.ts';
import { isolatedRedis } from '../support/redis.ts';
import { openShop, settled, someone, startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { startWebWithKeys } from '../support/web-with-keys.ts';

const BLOCK_LOOP = new URL('../support/block-loop.ts', import.meta.url);
const RELAYS = ['relay.1', 'relay.2'];
const FULL = 4; // batches beside which a waiting delivery has no room while no worker works
const QUERY_WORDS = /\b(?:sum|max|min|by|or|and|unless|rate|increase|absent|vector|histogram_quantile|avg_over_time)\b/g;

/** The metrics that rules and dashboard ask for. */
function askedFor(): readonly string[] {
  const read = (name: string) => readFileSync(new URL(`../../ops/${name}`, import.meta.url), 'utf8');
  const { panels } = JSON.parse(read('dashboard.json')) as { panels: { targets?: { expr: string }[] }[] };
  const rules = read('alerts.yml').split('expr:').slice(1).map((rule) => rule.split(/\n +(?:for|labels):/)[0] ?? '');
  const queries = [...rules, ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))];
  const bare = queries.map((query) => query.replaceAll(/\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)|>-/g, ' ').replaceAll(QUERY_WORDS, ' '));
  return [...new Set(bare.flatMap((query) => query.match(/[a-z][a-z0-9_]+/g) ?? []))];
}

test('every alert fires when what it is about happens, none while all is well, and every metric asked for is shown', { timeout: 150_000 }, async () => {
  const redis = await isolatedRedis();
  const system = await startSystem({ formation: { web: 1, relay: 2, worker: 1 }, redisUrl: redis.url, preload: [BLOCK_LOOP] });
  const { kill, mailbox } = system;
  const webWithKeys = await startWebWithKeys(system);
  const scraped = (type: string) => [...system.scraped(type), ...(type === 'web' ? [webWithKeys.scraped] : [])];
  const [openTicket, watched] = await Promise.all([openShop(system), watchBy({ scraped })]);
  await openTicket();
  await settled(system);
  const { untilFired } = watched;
  let unknown = askedFor();
  await until(() => `every metric is shown: ${unknown.join(', ')}`, async () => {
    const shown = await watched.metricNames();
    unknown = unknown.filter((name) => !shown.includes(name));
    return unknown.length === 0;
  }, { deadlineMs: 40_000 }); // Prometheus itself may start slowly
  await until('no alert waits or fires', async () => (await watched.active()).length === 0, { deadlineMs: 30_000 });
  watched.fired.clear();
  expect(await webWithKeys.ask()).toBe(200); // its keys grow old from now on

  const plan = await hold(system, (tx) => tx`select from job where name = 'release-notifications' for update`);
  kill('relay.2', 'SIGUSR2');
  await mailbox.down();
  await openTicket();
  await plantPoison(system);
  const ask = await breakRanking(system);
  await untilFired(['DeadLetters', 'DeadLettersGrowing', 'EventsUnpublishable', 'HttpErrors', 'NotificationsFailing', 'ConsumerHeld'], ask);

  mailbox.fail = { at: 'MAIL FROM', reply: '550 5.7.1 Sender domain not verified' };
  await mailbox.up();
  await untilFired(['AccountRefused'], openTicket);

  const releaseRelays = holdRelays(system);
  await openTicket();
  await untilFired(['RelaySilent', 'OutboxStuck']);
  releaseRelays();
  await untilFired(['CriticalTimeHigh', 'JobOverdue', 'JobSlotsLost', 'EventLoopLag'], () => publishLate(system, openTicket));
  await plan.release();

  kill('relay.2', 'SIGSTOP');
  kill('worker.1', 'SIGSTOP');
  await fillQueue(system, 'notify', openTicket);
  await waitSince(system, 'notify', '10 minutes');
  await forgetRunners(system);
  await untilFired(
    ['NoProcess', 'ProcessDown', 'QueueOld', 'BacklogStuck', 'Unattended', 'DeliveriesMissing'],
    () => loseBatches(system, 'count-daily-metrics'),
  );

  redis.kill('SIGKILL');
  await untilFired(['BacklogUnreadable', 'SweepSilent', 'TokenKeysStale']);
  expect([...watched.fired].toSorted()).toEqual(alertNames.toSorted());
  await redis.restart(); // what stands still or waits would take its time to end
  for (const name of ['relay.2', 'worker.1']) kill(name, 'SIGCONT');
});

/** Holds what a query locks until it is released. */
async function hold({ sql }: System, lock: (tx: Tx) => PromiseLike<unknown>) {
  const held = Promise.withResolvers<void>();
  let isOver = false;
  const ended = transaction(sql, async (tx) => {
    await lock(tx);
    held.resolve();
    while (!isOver) await tx`select pg_sleep(0.1)`;
  }, { timeoutMs: 60_000 });
  await Promise.race([held.promise, ended]);
  return {
    async release() {
      isOver = true;
      await ended;
    },
  };
}

/** Stops every relay until the function returned is called. */
function holdRelays({ kill }: System): () => void {
  for (const name of RELAYS) kill(name, 'SIGSTOP');
  return () => {
    for (const name of RELAYS) kill(name, 'SIGCONT');
  };
}

/** Opens a ticket whose events leave the outbox more than a second late. */
async function publishLate(system: System, openTicket: () => Promise<unknown>): Promise<void> {
  const releaseRelays = holdRelays(system);
  await openTicket();
  await until('the oldest event has waited', async () => {
    const rows = await system.sql`
      select from outbox_event where status = 'pending' and created_at < clock_timestamp() - interval '1.2 seconds' limit 1
    `;
    return rows.length > 0;
  });
  releaseRelays();
}

/** Events that nobody can read, and one of a type that nobody knows. */
async function plantPoison({ sql }: System): Promise<void> {
  const facts = { tenantId: undefined, occurredAt: new Date(), schemaVersion: 1, payload: { ticketId: 'not an id' } };
  const unreadable = Array.from({ length: 15 }, () => ({ ...facts, eventType: ticketCreated.type }));
  const events = [...unreadable, { ...facts, eventType: 'NobodyKnows' }];
  await transaction(sql, (tx) => append(tx, ...events.map((event) => ({ event, origin: {} }))));
}

/** Takes the ranking’s table away, and gives its job a slot whose next failure is the last; what comes back asks for rankings. */
async function breakRanking({ sql, apiUrl, issueToken }: System): Promise<() => Promise<void>> {
  const headers = { authorization: `Bearer ${await issueToken(someone(), { roles: ['user'] })}` };
  await sql`alter table ranking_generation rename to away`;
  await sql`
    insert into job_run (job_name, scheduled_for, attempts) values ('recalculate-ranking', date_trunc('second', clock_timestamp()), 4)
    on conflict (job_name, scheduled_for) do update set attempts = 4
  `;
  return async () => void (await Promise.all(Array.from({ length: 5 }, () => fetch(`${apiUrl}/rankings/madrid`, { headers }))));
}

/** Opens tickets until a consumer's queue has no room: one batch may carry several. */
async function fillQueue(
  { redis, prefix }: System,
  consumer: string,
  openTicket: () => Promise<unknown>,
): Promise<void> {
  await until('the queue has no room', async () => {
    if ((await redis.llen(`${prefix}:${consumer}:wait`)) >= FULL) return true;
    await openTicket();
    return false;
  }, { deadlineMs: 30_000 });
}

/** Lets a delivery of a consumer wait that has been due for so long. */
async function waitSince({ sql }: System, consumer: string, age: string): Promise<void> {
  await sql`
    insert into waiting_delivery (consumer_name, event_id, event_type, reason, not_before)
    select ${consumer}, id, event_type, 'no room', now() - ${age}::interval from outbox_event where event_type = 'TicketCreated' limit 1
  `;
}

/** Forgets which consumers and jobs workers announced. */
const forgetRunners = ({ redis, prefix }: System) => redis.unlink(`${prefix}:runners:consumer`, `${prefix}:runners:job`);

/** Loses the batches that wait for a consumer, as a Redis would that throws keys away. */
async function loseBatches({ redis, prefix }: System, consumer: string): Promise<void> {
  const keys = await redis.keys(`${prefix}:${consumer}:*`);
  if (keys.length > 0) await redis.unlink(keys);
}
