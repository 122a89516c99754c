import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { auditDay, auditNew, listDaysToAudit } from '../../src/outbox/audit.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { ageEvents } from '../support/age-events.ts';
import { fail } from '../support/outbox-rows.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const DAY_MINUTES = 1_440;
const watch = defineReaction<object, [typeof tenantCreated]>({ name: 'watch', on: [tenantCreated], handle: async () => undefined });

/** Deliveries that wait, of events published so many minutes ago. */
async function waitingSince(minutes: number, count = 2) {
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const { sql, relay } = spine;
  const ids = await ageEvents(sql, await spine.commit(...Array.from({ length: count }, () => tenantJoined())), minutes);
  await publishEvents(relay);
  await sql`delete from queued_batch`;
  await sql`
    insert into waiting_delivery (consumer_name, event_id, event_type, reason)
    select 'watch', id, 'TenantCreated', 'no room' from unnest(${ids}::uuid[]) as id
  `;
  const days = async () => (await listDaysToAudit(sql)).flatMap((each) => each.days.map((day) => day.toISOString().slice(0, 10)));
  return {
    ...spine, ids, days,
    day: new Date(Math.floor((Date.now() - minutes * 60_000) / 86_400_000) * 86_400_000),
    auditOf: (day: Date) => transaction(sql, (tx) => auditDay(tx, 'watch', day)),
    lose: (id = '') => sql`delete from waiting_delivery where event_id = ${id}`,
    consume: () => sql`insert into consumed_event (consumer_name, event_id) select 'watch', id from unnest(${ids}::uuid[]) as id`,
    missing: () => sql`select event_id from waiting_delivery where reason = 'missing'`,
  };
}

test('a delivery whose waiting row was lost is found by the audit of new events, which reads each event once', async () => {
  const { sql, ids, lose, missing } = await waitingSince(10);
  await lose(ids[0]);
  expect(await auditNew(sql, 'watch')).toBe(1);
  expect(await missing()).toEqual([{ event_id: ids[0] }]);
  expect(await sql`select verified_id from consumer`).toEqual([{ verified_id: ids.toSorted().at(-1) }]);
  expect(await sql`select epoch, reason from republication`).toEqual([{ epoch: 1, reason: 'missing' }]);
  await lose(ids[0]);
  expect(await auditNew(sql, 'watch')).toBe(0);
});

test('the audit of new events stops before one that is not published, and before what may still commit late', async () => {
  const { sql, commit, ids } = await waitingSince(10);
  const [pending] = await ageEvents(sql, await commit(tenantJoined()), 9);
  await ageEvents(sql, await commit(tenantJoined()), 8);
  await commit(tenantJoined());
  for (let again = 0; again < 2; again += 1) await auditNew(sql, 'watch');
  const [row] = await sql<{ verified: string }[]>`select verified_id as verified from consumer`;
  expect(ids.toSorted().at(-1)).toBe(row?.verified);
  expect(row?.verified.localeCompare(pending ?? '')).toBe(-1);
});

test('an event that failed, and one from before the subscription, are no missing deliveries', async () => {
  const { sql, commit, relay } = await waitingSince(10);
  const [failed = ''] = await ageEvents(sql, await commit(tenantJoined()), 8);
  await fail(sql, failed);
  const [before = ''] = await ageEvents(sql, await commit(tenantJoined()), 9);
  await publishEvents(relay);
  await sql`delete from queued_batch`;
  await sql`delete from waiting_delivery where event_id = ${before}`;
  await sql`update subscription set subscribed_at = now() - interval '510 seconds'`;
  expect(await auditNew(sql, 'watch')).toBe(0);
});

test('a delivery whose waiting row was lost is found by the audit of its day', async () => {
  const { ids, lose, missing, day, auditOf, days } = await waitingSince(25 * 60);
  await lose(ids[1]);
  expect(await auditOf(day)).toBe(1);
  expect(await missing()).toEqual([{ event_id: ids[1] }]);
  expect(await days()).toContain(day.toISOString().slice(0, 10));
});

test('a past day is audited until all its deliveries are settled, and then not read again', async () => {
  const { sql, day, auditOf, days, consume, ids } = await waitingSince(25 * 60);
  const date = day.toISOString().slice(0, 10);
  expect(await days()).toContain(date);
  expect(await auditOf(day)).toBe(0);
  expect(await days()).toContain(date); // its deliveries wait
  await consume();
  expect(await auditOf(day)).toBe(0);
  expect(await days()).not.toContain(date);
  expect(await sql`select day::text from audited_day`).toEqual([{ day: date }]);
  expect(ids).toHaveLength(2);
});

test('a day with a dead letter stays to be audited until an operator discards the letter', async () => {
  const { sql, day, auditOf, days, consume, commit, relay } = await waitingSince(25 * 60);
  await consume();
  const [dead = ''] = await ageEvents(sql, await commit(tenantJoined()), 25 * 60);
  await publishEvents(relay);
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values ('watch', ${dead}, 1, 'x', 'y', now(), now())
  `;
  await auditOf(day);
  expect(await days()).toContain(day.toISOString().slice(0, 10));
  await sql`update dead_letter set resolution = 'discarded', resolved_at = now()`;
  await auditOf(day);
  expect(await days()).not.toContain(day.toISOString().slice(0, 10));
});

test('today is never remembered as audited', async () => {
  const { sql, auditOf, consume } = await waitingSince(10);
  await consume();
  await auditOf(new Date(Math.floor(Date.now() / (DAY_MINUTES * 60_000)) * DAY_MINUTES * 60_000));
  expect(await sql`select from audited_day`).toHaveLength(0);
});
