import { expect, test } from 'vitest';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { auditDeliveries } from '../../src/jobs/audit-deliveries.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { relayBatch } from '../../src/outbox/relay.ts';
import { sweep } from '../../src/outbox/sweep.ts';
import { runSlot } from '../support/jobs.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const subject = defineReaction<object, [typeof tenantCreated, typeof ticketCreated]>({
  name: 'subject', on: [tenantCreated, ticketCreated], handle: async () => undefined,
});

test('a delivery whose proof was lost after it had been verified is found at night and made again', async () => {
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const { sql } = spine;
  const [first, second] = await spine.commit(tenantJoined('one'), tenantJoined('two'));
  await relayBatch(spine.relay);
  spine.start();
  const consumed = async () => (await sql<{ id: string }[]>`select event_id as id from consumed_event`).map(({ id }) => id);
  await until('both are consumed', async () => (await consumed()).length === 2);
  await sql`update consumer set verified_id = ${second ?? ''}`;
  await runSlot(sql, auditDeliveries, { ports: {} });
  expect(await sql`select from consumer where verified_id = ${second ?? ''}`).toHaveLength(1);

  await sql`delete from consumed_event where event_id = ${first ?? ''}`;
  const { relay, log, queue } = spine;
  await sweep({ ...relay, log, queue }, 0);
  expect(await consumed()).toEqual([second]); // the sweep looks only beyond what it verified
  await runSlot(sql, auditDeliveries, { ports: {}, scheduledFor: new Date(Date.now() - 1_000) });
  await sweep({ ...relay, log, queue }, 0);
  await until('it is consumed again', async () => (await consumed()).length === 2);
});
