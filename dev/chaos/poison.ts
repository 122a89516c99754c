import { randomUUID } from 'node:crypto';
import { listingViewed } from '../../src/events/listing-viewed.ts';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { append } from '../../src/outbox/append.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { saveConfirmedContact } from '../confirmed-contact.ts';
import { EXITING_ZONE } from './mutants.ts';

/** Events that can't be consumed, planted beside the client's. */
export interface Poison {
  readonly ids: readonly string[];
  /** `consumer eventId` of each delivery that has to be dead at the end. */
  readonly deadly: readonly string[];
  /** Dead in one consumer until their user has a contact, and then retried by an operator. */
  readonly curable: readonly string[];
  readonly curableUserId: string;
}

const SHARE = 100; // one poisonous event of each kind to so many good ones

/** Plants events whose payload nobody can read, and events about a user whom nobody knows. */
export async function plantPoison(
  sql: Sql,
  { count, tenantId, ownerUserId }: { readonly count: number; readonly tenantId: string; readonly ownerUserId: string },
): Promise<Poison> {
  const curableUserId = randomUUID();
  const each = Math.max(3, Math.round(count / SHARE));
  const facts = { tenantId, occurredAt: new Date() };
  const unreadable = Array.from({ length: each }, () => ({
    ...facts, eventType: ticketCreated.type, schemaVersion: 1, payload: { ticketId: 'not an id' },
  }));
  const unknown = Array.from({ length: each }, () =>
    ticketCreated({
      ...facts,
      payload: { ticketId: randomUUID(), customerUserId: curableUserId, tenantOwnerUserId: ownerUserId, tenantName: 'Chaos S.L.', subject: `poison ${randomUUID()}` },
    }),
  );
  const ids = await transaction(sql, (tx) => append(tx, ...[...unreadable, ...unknown].map((event) => ({ event, origin: {} }))));
  const deadly = ids.slice(0, each).flatMap((id) => [`count-daily-metrics ${id}`, `notify ${id}`]);
  return { ids, deadly, curable: ids.slice(each), curableUserId };
}

const NEIGHBOURS = 50;

/** Plants an event that ends the process of whoever counts it, in the midst of good ones. Returns its id. */
export async function plantExitingPoison(sql: Sql): Promise<string> {
  const [tenant] = await sql<[{ id: string }]>`select id from tenant order by id limit 1`;
  const listing = (isDeadly: boolean) => listingViewed({
    tenantId: tenant.id, occurredAt: new Date(),
    payload: { listingId: randomUUID(), tenantId: tenant.id, zone: isDeadly ? EXITING_ZONE : 'centro', visitorHash: 'v', ipHash: 'i' },
  });
  const events = Array.from({ length: 2 * NEIGHBOURS + 1 }, (_, index) => ({ event: listing(index === NEIGHBOURS), origin: {} }));
  const ids = await transaction(sql, (tx) => append(tx, ...events));
  return ids[NEIGHBOURS] as string;
}

/** Makes the cause of the curable ones go away. */
export async function cure(sql: Sql, { curableUserId }: Poison): Promise<void> {
  await saveConfirmedContact(sql, curableUserId, { name: 'Cured', email: 'cured@chaos.example', locale: 'es' });
}
