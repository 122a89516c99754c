import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { append } from '../../src/outbox/append.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { createDatabase } from '../support/database.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A change in a table of ours and events, in one transaction, as a command makes them. */
function commit(sql: Sql, events: Parameters<typeof append>[1][], change = randomUUID()) {
  return transaction(sql, async (tx) => {
    await tx`insert into daily_metric values (${change}, '2026-01-01', 'changes', 1)`;
    return append(tx, ...events);
  });
}

async function committed(sql: Sql) {
  const changes = await sql`select from daily_metric`;
  const events = await sql`select from outbox_event`;
  return { changes: changes.length, events: events.length };
}

test('the ids come back in the order of the events, and each row has its facts', async () => {
  const { sql } = await createDatabase();
  const actorUserId = randomUUID();
  const events = ['one', 'two, {"three"}', '👩‍👩‍👧 \\ "\n'].map((name) => ({ ...tenantJoined(name), actorUserId }));
  const ids = await commit(sql, events.map((event) => ({ event, origin: {} })));
  expect(ids).toEqual(ids.toSorted());
  const rows = await sql`
    select id, event_type, schema_version, occurred_at, tenant_id, actor_user_id, payload_json,
           status, published_at, failure
    from outbox_event order by id
  `;
  expect(rows).toEqual(events.map(({ eventType, schemaVersion, occurredAt, tenantId, payload }, index) => ({
    id: ids[index], event_type: eventType, schema_version: schemaVersion, occurred_at: occurredAt,
    tenant_id: tenantId, actor_user_id: actorUserId, payload_json: payload,
    status: 'pending', published_at: null, failure: null,
  })));
});

test('what brought an event about stands beside it, and what nothing did begins a correlation of its own', async () => {
  const { sql } = await createDatabase();
  const [correlationId, causationId] = [randomUUID(), randomUUID()];
  const [caused, first] = await commit(sql, [
    { event: tenantJoined(), origin: { correlationId, causationId, traceparent: TRACEPARENT } },
    { event: { ...tenantJoined(), tenantId: undefined }, origin: {} },
  ]);
  const columns = sql`id, correlation_id, causation_id, traceparent, tenant_id is null as nobodys`;
  expect(await sql`select ${columns} from outbox_event order by id`).toEqual([
    { id: caused, correlation_id: correlationId, causation_id: causationId, traceparent: TRACEPARENT, nobodys: false },
    { id: first, correlation_id: first, causation_id: null, traceparent: null, nobodys: true },
  ]);
});

test('a change and its events commit together', async () => {
  const { sql } = await createDatabase();
  await commit(sql, Array.from({ length: 1_000 }, () => ({ event: tenantJoined(), origin: {} })));
  expect(await committed(sql)).toEqual({ changes: 1, events: 1_000 });
  expect(await transaction(sql, (tx) => append(tx))).toEqual([]);
});

test('events leave with the change that fails after them', async () => {
  const { sql } = await createDatabase();
  const failing = transaction(sql, async (tx) => {
    await append(tx, { event: tenantJoined(), origin: {} });
    await tx`insert into daily_metric values (null, '2026-01-01', 'changes', 1)`;
  });
  await expect(failing).rejects.toMatchObject({ code: '23502' });
  expect(await committed(sql)).toEqual({ changes: 0, events: 0 });
});

test.for<[string, Partial<ReturnType<typeof tenantJoined>> | { payload: unknown }, string]>([
  ['a NUL in its payload', { payload: { name: 'a\0b' } }, '22P05'],
  ['half a surrogate pair in its payload', { payload: { name: 'a\ud83d' } }, '22P02'],
  ['a payload that is no object', { payload: [] }, '23514'],
  ['no payload', { payload: undefined }, '22P02'],
  ['version 0', { schemaVersion: 0 }, '23514'],
  ['a type in the wrong case', { eventType: 'tenant_created' as never }, '23514'],
  ['a tenant that is no id', { tenantId: 'tenant' }, '22P02'],
])('an event with %s is refused, and the change and the events beside it go too', async ([, wrong, code]) => {
  const { sql } = await createDatabase();
  const events = [tenantJoined(), { ...tenantJoined(), ...wrong } as ReturnType<typeof tenantJoined>, tenantJoined()];
  await expect(commit(sql, events.map((event) => ({ event, origin: {} })))).rejects.toMatchObject({ code });
  expect(await committed(sql)).toEqual({ changes: 0, events: 0 });
});

test('a trace context with a NUL is refused likewise', async () => {
  const { sql } = await createDatabase();
  const failing = commit(sql, [{ event: tenantJoined(), origin: { traceparent: '00\0' } }]);
  await expect(failing).rejects.toMatchObject({ code: '22021' });
  expect(await committed(sql)).toEqual({ changes: 0, events: 0 });
});
