import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import { asTenant, asUser, castOne, countStatuses, DAY_MS, HOUR_MS, openShop, type Scene } from './scene.ts';

const TICKETS = 45;
const LEADS = 300;
const ANSWERED_AFTER_MS = 20 * 60_000;
/** Numbers that the bounds let through in a row: ten tickets an hour, five leads a day. */
const ALLOWED = { tickets: 10, leads: 5 } as const;

/** A flooder, the victim, and a customer who asks the victim in the same hour. */
export interface Flooded {
  readonly tenantId: string;
  readonly ownerUserId: string;
  readonly flooderUserId: string;
  readonly honestTicketId: string;
  /** Answers by their status. */
  readonly tickets: Readonly<Record<number, number>>;
  readonly leads: Readonly<Record<number, number>>;
}

/** Floods a competitor with tickets and leads, between a customer's lead that is answered and a customer's ticket. */
export async function flood(scene: Scene): Promise<Flooded> {
  const { client, now } = scene;
  const shop = await openShop(scene, 'rival of a flooder');
  const { tenantId, owner } = shop;
  const hour = Math.floor((now.getTime() - 3 * DAY_MS) / DAY_MS) * DAY_MS + 12 * HOUR_MS; // noon: the day is over in no zone
  const at = (ms: number) => new Date(hour + ms);
  const [customer, flooder] = [castOne('customer of a flooded shop'), castOne('flooder')];
  const leadOf = (title: string) => ({ source: 'form', contact: { name: title, email: 'lead@story.example' } });
  const path = `/tenants/${tenantId}/leads`;
  const lead = await client.post({ ...asUser(customer), at: at(0), path, body: leadOf('A customer') });
  await client.post({ ...asTenant(shop), at: at(ANSWERED_AFTER_MS), path: `/leads/${lead.id}/status`, body: { status: 'contacted' } });

  const ticketOf = (who: typeof flooder, subject: string) =>
    ({ tenantId, subject, description: 'Please come soon.', contact: who.contact });
  const tickets = await askOften(TICKETS, (nth) =>
    client.ask({ ...asUser(flooder), at: at(nth), path: '/tickets', body: ticketOf(flooder, `Flood ${nth}`) }));
  const leads = await askOften(LEADS, (nth) => client.ask({ ...asUser(flooder), at: at(nth), path, body: leadOf(`Flood ${nth}`) }));
  const honest = await client.post({
    ...asUser(customer), at: at(HOUR_MS / 2), path: '/tickets', body: ticketOf(customer, 'A leak in the kitchen'),
  });
  return {
    tenantId, ownerUserId: owner.userId, flooderUserId: flooder.userId, honestTicketId: honest.id,
    tickets: countStatuses(tickets), leads: countStatuses(leads),
  };
}

async function askOften<T>(times: number, ask: (nth: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let nth = 0; nth < times; nth += 1) answers.push(await ask(nth));
  return answers;
}

/**
 * Counts what the flooder did beyond the bounds, and what the victim lost: the mail of the honest ticket, and points for
 * response times that are not those of one answered lead and one lead that waits.
 */
export async function checkFlood(sql: Sql, flooded: Flooded): Promise<Comparison> {
  const { tenantId, ownerUserId, flooderUserId, honestTicketId, tickets, leads } = flooded;
  const share = (3_600 / (3_600 + ANSWERED_AFTER_MS / 1_000)) * (1 / 2);
  const [row] = await sql<{ beyond: number; lost: number }[]>`
    select abs((select count(*) from ticket where tenant_id = ${tenantId} and customer_user_id = ${flooderUserId}) - ${ALLOWED.tickets})
             + abs((select count(*) from lead where tenant_id = ${tenantId} and created_by = ${flooderUserId}) - ${ALLOWED.leads})
             as beyond,
           (case when exists (
              select from notification join outbox_event event on event.id = event_id
              where user_id = ${ownerUserId} and channel = 'email' and sent_at is not null
                and event.payload_json ->> 'ticketId' = ${honestTicketId}
            ) then 0 else 1 end)
           + (case when exists (
                select from ranking
                where tenant_id = ${tenantId} and generation = (select max(generation) from ranking)
                  and response_time = ${Math.round(share * 10_000)}
              ) then 0 else 1 end) as lost
  `;
  const notRefused = TICKETS - ALLOWED.tickets - (tickets[429] ?? 0) + (LEADS - ALLOWED.leads - (leads[429] ?? 0));
  const { beyond = 1, lost = 1 } = row ?? {};
  return { figure: 'flood at a competitor', compared: TICKETS + LEADS, differences: Number(beyond) + Number(lost) + Math.abs(notRefused) };
}
