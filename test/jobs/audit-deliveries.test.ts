import { expect, test } from 'vitest';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { auditDeliveries } from '../../src/jobs/audit-deliveries.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { ageEvents } from '../support/age-events.ts';
import { runSlot } from '../support/jobs.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const subject = defineReaction<object, [typeof tenantCreated, typeof ticketCreated]>({
  name: 'subject', on: [tenantCreated, ticketCreated], handle: async () => undefined,
});

test('a delivery whose consumption record was lost after its audit is found at night and made again', async () => {
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const { sql } = spine;
  const committed = await spine.commit(tenantJoined('one'), tenantJoined('two'));
  const [first, second] = await ageEvents(sql, committed, 10);
  await publishEvents(spine.relay);
  spine.start();
  const consumed = async () => (await sql<{ id: string }[]>`select event_id as id from consumed_event`).map(({ id }) => id);
  await until('both are consumed', async () => (await consumed()).length === 2);
  await sql`update consumer set verified_id = ${second ?? ''}`;
  await runSlot(sql, auditDeliveries, { ports: {} });
  expect(await sql`select from consumer where verified_id = ${second ?? ''}`).toHaveLength(1);

  await sql`delete from consumed_event where event_id = ${first ?? ''}`;
  await spine.sweepAll();
  await spine.refill();
  expect(await consumed()).toEqual([second]); // the sweep looks only beyond what it verified
  await runSlot(sql, auditDeliveries, { ports: {}, scheduledFor: new Date(Date.now() - 1_000) });
  await spine.refill();
  await until('it is consumed again', async () => (await consumed()).length === 2);
});
