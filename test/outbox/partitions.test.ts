import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { analyzePartitions, lowestId, maintainPartitions } from '../../src/outbox/partitions.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const DAY_MS = 86_400_000;
const LATER = () => new Date(Date.now() + 40 * DAY_MS);
const watch = defineReaction<object, [typeof tenantCreated]>({ name: 'watch', on: [tenantCreated], handle: async () => undefined });
const today = () => `outbox_event_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;

test('a row that came before its day was made moves into it', async () => {
  const { sql } = await openSpine({ consumers: [], ports: {} });
  const inTwentyDays = new Date(Date.now() + 20 * DAY_MS);
  const id = lowestId(inTwentyDays);
  await sql`
    insert into outbox_event (id, event_type, schema_version, occurred_at, payload_json, correlation_id)
    values (${id}, 'TenantCreated', 1, now(), '{}', ${id})
  `;
  await maintainPartitions(sql, inTwentyDays);
  expect(await sql`select from only outbox_event_default`).toHaveLength(0);
  expect(await sql`select from outbox_event where id = ${id}`).toHaveLength(1);
});

test('a day is dropped whole when its retention has passed and every delivery of it is consumed', async () => {
  const { sql, commit, relay } = await openSpine({ consumers: [watch], ports: {} });
  const [id] = await commit(tenantJoined());
  await publishEvents(relay);
  expect(await maintainPartitions(sql, LATER())).not.toContain(today());
  await sql`insert into consumed_event (consumer_name, event_id) values ('watch', ${id as string})`;
  await sql`insert into audited_day (consumer_name, day) values ('watch', current_date), ('watch', current_date + 40)`;
  expect(await maintainPartitions(sql, new Date())).toEqual([]);
  expect(await maintainPartitions(sql, LATER())).toContain(today());
  expect(await sql`select from outbox_event`).toHaveLength(0);
  expect(await sql`select from audited_day`).toHaveLength(1); // that of a day which is kept
});

test.for<[string, string]>([
  ['is not published', `update outbox_event set status = 'failed', failure = 'no release knows it'`],
  ['has a dead letter that nobody resolved', `
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    select 'watch', id, 1, 'x', 'y', now(), now() from outbox_event`],
])('a day is kept for as long as an event of it %s', async ([, statement]) => {
  const { sql, commit, relay } = await openSpine({ consumers: [watch], ports: {} });
  await commit(tenantJoined());
  await publishEvents(relay);
  await sql.unsafe(statement);
  expect(await maintainPartitions(sql, LATER())).not.toContain(today());
  expect(await sql`select from outbox_event`).toHaveLength(1);
});

test('the planner learns how much is in all days together', async () => {
  const { sql, commit } = await openSpine({ consumers: [], ports: {} });
  await commit(...Array.from({ length: 100 }, () => tenantJoined()));
  const known = () => sql<{ rows: number }[]>`select reltuples::integer as rows from pg_class where relname = 'outbox_event'`;
  expect((await known())[0]?.rows).toBe(-1);
  await analyzePartitions(sql);
  expect((await known())[0]?.rows).toBe(100);
});
