import { expect, test } from 'vitest';
import { z } from 'zod';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { defineReaction, type ReactionContext } from '../../../src/kernel/consumers/consumer.ts';
import { Permanent, RetryLater } from '../../../src/events/contract/errors.ts';
import { defineEvent, type EventOf } from '../../../src/events/contract/event.ts';
import { publishEvents } from '../../../src/outbox/publish.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';
import { deliver } from '../../support/deliver.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';
import { until } from '../../support/until.ts';

type TenantCreated = typeof tenantCreated;
type Handle = (event: EventOf<TenantCreated>, context: ReactionContext<object>) => Promise<void>;
const reaction = (handle: Handle, facts: { attempts?: number; timeoutMs?: number } = {}) =>
  defineReaction<object, [TenantCreated]>({ name: 'subject', on: [tenantCreated], ...facts, handle });

test('only the failing delivery of a batch counts an attempt; the others are consumed', async () => {
  const names = Array.from({ length: 20 }, (_, index) => (index === 7 ? 'poison' : `tenant ${index}`));
  const subject = reaction(async ({ payload }) => {
    if (payload.name === 'poison') throw new Permanent('poison');
  });
  const { ids, consumed, dead } = await deliver(subject, ...names);
  await until('nineteen are consumed and one is dead', async () => (await consumed()).length === 19 && (await dead()).length === 1);
  expect(await dead()).toEqual([{ event_id: ids[7], attempts: 1, error: 'Permanent: poison' }]);
});

test('an effect in our database and its consumption record commit together or not at all', async () => {
  const subject = reaction(async (event, { tx, append }) => {
    await tx`insert into daily_metric values (${event.eventId}, '2026-01-01', 'half', 1)`;
    append(event, tenantJoined('follows'));
    throw new Permanent('after the effect');
  });
  const { sql, consumed, dead } = await deliver(subject, 'one');
  await until('the delivery is dead', async () => (await dead()).length === 1);
  expect(await consumed()).toEqual([]);
  expect(await sql`select from daily_metric`).toHaveLength(0);
  expect(await sql`select from outbox_event`).toHaveLength(1);
});

test('what a reaction does after its commit is done once it can be seen, and not when it fails', async () => {
  const hinted: Promise<unknown>[] = [];
  const { sql, consumed, dead } = await deliver(reaction(async (event, { tx, afterCommit }) => {
    await tx`insert into daily_metric values (${event.eventId}, '2026-01-01', 'seen', 1)`;
    afterCommit(() => hinted.push(sql`select from daily_metric where tenant_id = ${event.eventId}`.then(({ length }) => length)));
    if (event.payload.name === 'poison') throw new Permanent('poison');
  }), 'one', 'poison', 'two');
  await until('two are consumed and one is dead', async () => (await consumed()).length === 2 && (await dead()).length === 1);
  await until('two were hinted', () => hinted.length === 2);
  expect(await Promise.all(hinted)).toEqual([1, 1]);
});

test.for([
  ['a string', 'x'],
  ['nothing', undefined],
  ['an error', new Error('not this time')],
])('a handler that throws %s is retried and consumed in the end', { timeout: 20_000 }, async ([, thrown]) => {
  let calls = 0;
  const { sql, consumed } = await deliver(reaction(async () => {
    calls += 1;
    if (calls === 1) throw thrown;
  }), 'one');
  await until('the failure is on record', async () => calls > 1 || (await sql`select from delivery_failure`).length === 1);
  await until('it is consumed', async () => (await consumed()).length === 1, { deadlineMs: 10_000 });
  expect(calls).toBe(2);
  expect(await sql`select from delivery_failure`).toHaveLength(0);
});

test('a handler that never settles is aborted at its time-out and its late writes are refused', async () => {
  const late = Promise.withResolvers<unknown>();
  const gate = Promise.withResolvers<void>();
  const subject = reaction(
    async (_, { tx }) => {
      await gate.promise;
      await tx`insert into daily_metric values (gen_random_uuid(), '2026-01-01', 'late', 1)`.then(late.resolve, late.resolve);
      await new Promise(() => undefined);
    },
    { timeoutMs: 200, attempts: 1 },
  );
  const { sql, dead } = await deliver(subject, 'one');
  await until('the delivery is dead', async () => (await dead()).length === 1);
  expect((await dead())[0]?.error).toContain('HandlerTimeout');
  gate.resolve();
  expect(await late.promise).toBeInstanceOf(Error);
  expect(await sql`select from daily_metric`).toHaveLength(0);
});

test('a delivery that is put off costs no attempt', async () => {
  let calls = 0;
  const { sql, consumed } = await deliver(reaction(async () => {
    calls += 1;
    if (calls < 4) throw new RetryLater(10, 'not yet');
  }, { attempts: 1 }), 'one');
  await until('it is consumed', async () => (await consumed()).length === 1);
  expect(await sql`select from dead_letter`).toHaveLength(0);
});

test('an unavailable dependency holds the consumer and costs no attempt', async () => {
  let away = true;
  const subject = reaction(async () => {
    if (away) throw new Unavailable('the provider is away');
  }, { attempts: 1 });
  const { sql, consumed, registry, logged } = await deliver(subject, 'one', 'two', 'three');
  await until('the breaker holds', async () => (await registry.metrics()).includes('consumer_held{consumer="subject"} 1'));
  away = false;
  await until('all are consumed', async () => (await consumed()).length === 3, { deadlineMs: 10_000 });
  expect(await sql`select from dead_letter`).toHaveLength(0);
  expect(await sql`select from delivery_failure`).toHaveLength(0);
  expect(logged.some((line) => line.includes('consumer held'))).toBe(true);
});

test('a failure with a message that PostgreSQL can not hold ends as a dead letter like any other', async () => {
  const { dead } = await deliver(reaction(() => Promise.reject(new Error('answer \0')), { attempts: 1 }), 'one');
  await until('it is dead', async () => (await dead()).length === 1);
  expect((await dead())[0]?.error).toBe('Error: answer  ');
});

test.for([
  ['null', null],
  ['a string', 'text'],
  ['five megabytes', { eventIds: 'x'.repeat(5_000_000) }],
  ['without ids', { eventIds: [] }],
  ['no list of ids', { eventIds: ['not-a-uuid'] }],
])('a job whose data is %s fails alone and the worker goes on', async ([, data]) => {
  const { queue, commit, relay, consumed, dead } = await deliver(reaction(async () => undefined));
  await queue('subject').add('broken', data as never, { jobId: 'broken_0' });
  const [id] = await commit(tenantJoined());
  await publishEvents(relay);
  await until('the good one is consumed', async () => (await consumed()).includes(id as string));
  await until('the broken one failed', async () => (await queue('subject').getFailedCount()) === 1);
  expect(await dead()).toEqual([]);
});

test('a delivery whose event is not in the outbox, or whose type its consumer does not subscribe to, becomes a dead letter', async () => {
  const other = defineEvent({ type: 'SomethingElse', version: 1, payload: z.object({}) });
  const subject = reaction(async () => undefined);
  const { enqueue, commit, dead } = await deliver(subject);
  const [unheard] = await commit(other({ occurredAt: new Date(), payload: {} }));
  const nowhere = '01890000-0000-7000-8000-000000000000';
  await enqueue('subject', [unheard as string, nowhere]);
  await until('both are dead', async () => (await dead()).length === 2);
  expect((await dead()).map(({ error }) => error).toSorted()).toEqual([
    'Permanent: no such event in the outbox', 'Permanent: subject does not subscribe to SomethingElse',
  ]);
});

test('an event newer than this process is parked, an unreadable one is dead at once, and the rest goes on', async () => {
  const { sql, commit, relay, consumed, dead, ids, logged } = await deliver(reaction(async () => undefined), 'fine');
  await commit({ ...tenantJoined(), schemaVersion: 999 }, { ...tenantJoined(), payload: { name: 7 } });
  await publishEvents(relay);
  await until('one is dead', async () => (await dead()).length === 1);
  await until('one is parked', async () => logged.some((line) => line.includes('delivery parked')));
  expect(await consumed()).toEqual(ids);
  const unreadable = /^Permanent: payload of TenantCreated version \d: tenantId invalid_type, ownerUserId invalid_type, name/;
  expect((await dead())[0]?.error).toMatch(unreadable);
  expect(await sql`select from delivery_failure`).toHaveLength(0);
});

test('the log of a failure names the event and tells nothing of its payload', async () => {
  const { ids, dead, logged } = await deliver(reaction(async ({ payload }, { tx }) => {
    await tx`insert into event_type values (${payload.name}, 1), (${payload.name}, 1)`;
  }, { attempts: 1 }), 'Secret Name S.L.');
  await until('it is dead', async () => (await dead()).length === 1);
  expect(logged.some((line) => line.includes(ids[0] as string))).toBe(true);
  expect(logged.join('\n')).not.toContain('Secret Name');
  expect(JSON.stringify(await dead())).not.toContain('Secret Name');
});
