import { randomUUID } from 'node:crypto';
import { listingViewed } from '../../src/events/listing-viewed.ts';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { append } from '../../src/outbox/append.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { saveConfirmedContact } from '../confirmed-contact.ts';
import { EXITING_ZONE } from './mutants.ts';

/** Events that cannot be consumed, planted beside the client's. */
export interface Poison {
  readonly ids: readonly string[];
  /** `consumer eventId` of each delivery that has to be dead at the end. */
  readonly deadly: readonly string[];
  /** Events that are dead until their payload is repaired, and then retried by an operator. */
  readonly curable: readonly string[];
  readonly curableUserId: string;
}

const SHARE = 100; // one poisonous event of each kind to so many good ones

/** Plants events whose payload nobody can read: half of them for good, half until they are repaired. */
export async function plantPoison(
  sql: Sql,
  { count, tenantId, ownerUserId }: { readonly count: number; readonly tenantId: string; readonly ownerUserId: string },
): Promise<Poison> {
  const each = Math.max(3, Math.round(count / SHARE));
  const facts = { tenantId, occurredAt: new Date(), eventType: ticketCreated.type, schemaVersion: 1 };
  const unreadable = Array.from({ length: each }, () => ({ ...facts, payload: { ticketId: 'not an id' } }));
  const repairable = Array.from({ length: each }, () => ({
    ...facts,
    payload: { ticketId: randomUUID(), customerUserId: 'not an id', tenantOwnerUserId: ownerUserId, tenantName: 'Chaos S.L.', subject: `poison ${randomUUID()}` },
  }));
  const ids = await transaction(sql, (tx) => append(tx, ...[...unreadable, ...repairable].map((event) => ({ event, origin: {} }))));
  const deadly = ids.slice(0, each).flatMap((id) => [`count-daily-metrics ${id}`, `notify ${id}`]);
  return { ids, deadly, curable: ids.slice(each), curableUserId: randomUUID() };
}

/** Repairs the payloads of the curable events, as a migration would. Their customer has a contact. */
export async function cure(sql: Sql, { curable, curableUserId }: Poison): Promise<void> {
  await saveConfirmedContact(sql, curableUserId, { name: 'Cured', email: 'cured@chaos.example', locale: 'es' });
  await sql`
    update outbox_event set payload_json = jsonb_set(payload_json, '{customerUserId}', to_jsonb(${curableUserId}::text))
    where id = any(${[...curable]}::uuid[])
  `;
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
