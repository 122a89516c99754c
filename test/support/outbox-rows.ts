import { createHash, randomUUID } from 'node:crypto';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { append, type Origin } from '../../src/outbox/append.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import type { BatchQueue } from '../../src/platform/queues.ts';
import { transaction } from '../../src/platform/transaction.ts';

/** Commits an event TenantCreated; its id comes back. */
export async function commit(sql: Sql, { tenantId = randomUUID(), ...origin }: Origin & { readonly tenantId?: string } = {}): Promise<string> {
  const payload = { tenantId, ownerUserId: randomUUID(), name: 'Taller Ruiz', country: 'ES', currency: 'EUR' };
  const event = tenantCreated({ tenantId, occurredAt: new Date(), payload });
  const [id = ''] = await transaction(sql, (tx) => append(tx, { event, origin }));
  return id;
}

/** What the relay does to the rows, without the queues. */
export async function publishAll(sql: Sql): Promise<void> {
  await sql`update outbox_event set status = 'published', published_at = now() where status = 'pending'`;
  await sql`delete from pending_event`;
}

export async function fail(sql: Sql, id: string): Promise<void> {
  await sql`update outbox_event set status = 'failed', failure = 'no such type' where id = ${id}`;
  await sql`delete from pending_event where id = ${id}`;
}

/** Makes the delivery a dead letter of one kind. */
export async function die(sql: Sql, consumer: string, id: string, error = 'it broke'): Promise<void> {
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values (${consumer}, ${id}, 10, ${error}, ${createHash('sha256').update(error).digest('hex').slice(0, 16)}, now(), now())
  `;
}

export const consume = (sql: Sql, consumer: string, id: string) =>
  sql`insert into consumed_event (consumer_name, event_id) values (${consumer}, ${id})`;

/** Puts the delivery into the queue, in a batch of its own. */
export async function enqueue(sql: Sql, queue: BatchQueue, eventId: string): Promise<void> {
  const jobId = randomUUID();
  await sql`insert into queued_batch (id, consumer_name, lane, event_ids) values (${jobId}, ${queue.name}, 'normal', ${[eventId]}::uuid[])`;
  await queue.add('TenantCreated', { eventIds: [eventId], types: { TenantCreated: 1 }, lane: 'normal' }, { jobId });
}
