import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { runReplays } from '../../src/jobs/run-replays.ts';
import { consumers } from '../../src/workers/index.ts';
import { replayersOf } from '../../src/kernel/consumers/replay.ts';
import { appDeps } from '../support/app.ts';
import { runSlot } from '../support/jobs.ts';
import { openNotifying, ticketOpened } from '../support/notifying.ts';
import { signInOperator } from '../support/operator.ts';

const REPLAYS = '/backoffice/ui/replays';

/** Three published tickets that nobody consumed, an operator, and a worker that runs replays when told. */
async function setUp() {
  const world = await openNotifying();
  const { sql, log, ports } = world;
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  const commit = async () => (await world.commit(ticketOpened(tenant, { customerUserId: await world.person() })))[0] ?? '';
  const ids = [await commit(), await commit(), await commit()];
  await sql`update outbox_event set status = 'published', published_at = now()`;
  const operator = await signInOperator(createApp(appDeps(sql)));
  const replayers = replayersOf(consumers, { ports: { ...ports, isReplay: true }, log });
  const work = (scheduledFor = new Date()) => runSlot(sql, runReplays, { ports: { replayers }, scheduledFor });
  const day = 86_400_000;
  const ask = (fields: Record<string, string> = {}) =>
    operator.send(REPLAYS, {
      consumer: 'notify', from: new Date(Date.now() - day / 24).toISOString(), to: new Date().toISOString(), reason: 'a test', ...fields,
    });
  const replay = async () => (await sql`select id, state, report, handled, failure from replay order by id desc limit 1`)[0];
  const steer = async (verb: string) => operator.send(`${REPLAYS}/${(await replay())?.['id']}/${verb}`, { reason: 'a test' });
  const told = async () => (await world.notifications()).map(({ channel, status, reason }) => `${channel} ${status} ${reason}`);
  return { ...world, ids, operator, work, ask, replay, steer, told };
}

test('a trial tells what it did for real, and leaves nothing', async () => {
  const { sql, operator, work, ask, replay, told } = await setUp();
  expect((await ask()).status).toBe(303);
  await work();
  expect(await replay()).toMatchObject({
    state: 'tried', handled: 0,
    report: {
      events: 3, tried: 3, tenants: 1, following: {},
      tables: { consumed_event: { inserted: 3, updated: 0, deleted: 0 }, notification: { inserted: 12 }, notification_decision: { inserted: 12 } },
    },
  });
  expect(await told()).toEqual([]);
  expect(await sql`select from consumed_event`).toHaveLength(0);
  const page = await operator.read(`${REPLAYS}/${(await replay())?.['id']}`);
  expect(page).toContain('<code>notification</code>');
});

test('a replay does what is missing, in silence, and finds the rest done', async () => {
  const { sql, work, ask, replay, steer, told, mailbox } = await setUp();
  await ask();
  await work();
  await steer('confirm');
  await work();
  expect(await replay()).toMatchObject({ state: 'done', handled: 3 });
  const once = await told();
  expect(new Set(once)).toEqual(new Set(['email suppressed replay', 'inbox delivered null']));
  expect(await sql`select from outbox_event where event_type = 'EmailRequested'`).toHaveLength(0);
  expect(await sql`select from consumed_event where consumer_name = 'notify'`).toHaveLength(3);

  await ask();
  await work();
  await steer('confirm');
  await work();
  expect(await replay()).toMatchObject({ state: 'done', handled: 3, report: { tables: expect.not.objectContaining({ notification: expect.anything() as unknown }) as unknown } });
  expect(await told()).toEqual(once);
  expect(mailbox.messages).toEqual([]);
  expect(await sql`select action from operator_action order by id`).toMatchObject([
    { action: 'ask-replay' }, { action: 'confirm-replay' }, { action: 'ask-replay' }, { action: 'confirm-replay' },
  ]);
});

test('a replay whose window holds other events than its trial showed is not confirmed', async () => {
  const { sql, ids, work, ask, replay, steer, told } = await setUp();
  await ask();
  await work();
  await sql`update outbox_event set status = 'failed', failure = 'x' where id = ${ids[0] ?? ''}`;
  expect((await steer('confirm')).status).toBe(409);
  await work(new Date(Date.now() + 1));
  expect([(await replay())?.['state'], await told()]).toEqual(['tried', []]);
  await sql`update outbox_event set status = 'published', failure = null where id = ${ids[0] ?? ''}`;
  expect((await steer('confirm')).status).toBe(303);
});

test('an event that can’t be handled stops a replay with the reason, and it goes on from there once it can', async () => {
  const { sql, ids, work, ask, replay, steer } = await setUp();
  await ask();
  await work();
  await steer('confirm');
  const [kept] = await sql<{ payload: string }[]>`select payload_json::text as payload from outbox_event where id = ${ids[2] ?? ''}`;
  await sql`update outbox_event set payload_json = '{}' where id = ${ids[2] ?? ''}`;
  await work();
  expect(await replay()).toMatchObject({ state: 'failed', handled: 0, failure: expect.stringMatching(/^Permanent/) as unknown });
  await sql`update outbox_event set payload_json = ${kept?.payload ?? ''}::text::jsonb where id = ${ids[2] ?? ''}`;
  await steer('confirm');
  await work(new Date(Date.now() + 1));
  expect(await replay()).toMatchObject({ state: 'done', handled: 3, failure: null });
});

test('what was cancelled is not begun, and only what was tried can be confirmed', async () => {
  const { work, ask, replay, steer, told } = await setUp();
  await ask();
  expect((await steer('confirm')).status).toBe(409);
  expect((await steer('cancel')).status).toBe(303);
  await work();
  expect(await replay()).toMatchObject({ state: 'cancelled', report: null });
  expect([(await steer('confirm')).status, (await steer('cancel')).status]).toEqual([409, 409]);
  expect(await told()).toEqual([]);
});

test('a replay is refused for consumers that forbid it, and for a time that is not past or not proven', async () => {
  const { sql, operator, ask } = await setUp();
  const refusals = [
    await ask({ consumer: 'deliver-email' }),
    await ask({ consumer: 'count-daily-metrics' }),
    await ask({ consumer: 'nobody' }),
    await ask({ to: new Date(Date.now() + 60_000).toISOString() }),
    await ask({ from: '2026-01-01T00:00' }),
    await ask({ from: new Date().toISOString(), to: '2026-01-01T00:00' }),
  ];
  expect(refusals.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422]);
  expect(await sql`select from replay`).toHaveLength(0);
  expect(await sql`select from operator_action`).toHaveLength(0);
  expect((await operator.get(`${REPLAYS}/${randomUUID()}`)).status).toBe(404);
});
