import type { Sql } from '../../src/platform/postgres.ts';
import type { Accepted } from './accepted.ts';
import { checkProviders } from './check-providers.ts';
import type { Command } from './client.ts';
import type { Poison } from './poison.ts';

export const VERDICTS = ['lost', 'duplicated', 'unexpected', 'stray'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One invariant of the design, looked at from one side: how much was looked at and how much of it is wrong. */
export interface Finding {
  readonly invariant: string;
  readonly verdict: Verdict;
  readonly checked: number;
  readonly wrong: number;
}

export interface Evidence {
  readonly sql: Sql;
  readonly commands: readonly Command[];
  readonly poison: Poison;
  /** What providers took, oldest first. */
  readonly accepted: readonly Accepted[];
}

/** Holds the client's log and the providers' against the database, at rest. */
export async function check(evidence: Evidence): Promise<Finding[]> {
  return [
    ...(await checkCommands(evidence)),
    ...(await checkDeliveries(evidence)),
    ...(await checkEffects(evidence)),
    ...(await checkProviders(evidence)),
  ];
}

/** Invariant 1: acked ⇔ one row and its event; refused → neither; unknown → both or neither. */
async function checkCommands({ sql, commands, poison }: Evidence): Promise<Finding[]> {
  const rows = await sql<{ subject: string; tickets: number; events: number }[]>`
    select coalesce(ticket.subject, event.subject) as subject,
           coalesce(ticket.tickets, 0)::integer as tickets, coalesce(event.events, 0)::integer as events
    from (select subject, count(*) as tickets from ticket group by subject) as ticket
    full join (
      select payload_json ->> 'subject' as subject, count(*) as events from outbox_event
      where event_type = 'TicketCreated' and id <> all(${poison.ids}::uuid[])
      group by 1
    ) as event on event.subject = ticket.subject
  `;
  const stored = new Map(rows.map((row) => [row.subject, row]));
  const sent = new Set(commands.map(({ subject }) => subject));
  const acked = commands.filter(({ outcome }) => outcome === 'acked');
  const countOf = (subject: string) => stored.get(subject) ?? { tickets: 0, events: 0 };
  const count = (list: readonly Command[], wrong: (row: { tickets: number; events: number }) => boolean) =>
    list.filter(({ subject }) => wrong(countOf(subject))).length;
  const refused = commands.filter(({ outcome }) => outcome === 'refused');
  return [
    { invariant: '1 an acked command has its row and its event', verdict: 'lost', checked: acked.length, wrong: count(acked, ({ tickets, events }) => tickets < 1 || events < 1) },
    { invariant: '1 a command has one row and one event', verdict: 'duplicated', checked: commands.length, wrong: count(commands, ({ tickets, events }) => tickets > 1 || events > 1) },
    { invariant: '1 a row and its event are there together', verdict: 'stray', checked: rows.length, wrong: rows.filter(({ tickets, events }) => tickets !== events).length },
    { invariant: '1 a refused command left nothing', verdict: 'stray', checked: refused.length, wrong: count(refused, ({ tickets, events }) => tickets + events > 0) },
    { invariant: '1 every row was asked for', verdict: 'stray', checked: rows.length, wrong: rows.filter(({ subject }) => !sent.has(subject)).length },
  ];
}

/** Invariants 2 and 4: each event and subscriber has one proof or one dead letter, and only poison is dead. */
async function checkDeliveries({ sql, poison }: Evidence): Promise<Finding[]> {
  const [row] = await sql<Record<string, number>[]>`
    with delivery as (
      select subscription.consumer_name, event.id as event_id,
             exists (select from consumed_event c where c.consumer_name = subscription.consumer_name and c.event_id = event.id) as consumed,
             exists (select from dead_letter d where d.consumer_name = subscription.consumer_name and d.event_id = event.id and d.resolution is distinct from 'consumed') as dead
      from outbox_event event
      join subscription on subscription.event_type = event.event_type and subscription.subscribed_at <= event.created_at
    )
    select (select count(*) from outbox_event)::integer as events,
           (select count(*) from outbox_event where status = 'pending')::integer as pending,
           (select count(*) from outbox_event where status = 'failed')::integer as failed,
           count(*)::integer as deliveries,
           (count(*) filter (where not consumed and not dead))::integer as missing,
           (count(*) filter (where consumed and dead))::integer as both,
           (select count(*) from consumed_event c where not exists (select from outbox_event e where e.id = c.event_id))::integer as unfounded
    from delivery
  `;
  const dead = await sql<{ delivery: string }[]>`
    select consumer_name || ' ' || event_id as delivery from dead_letter where resolution is distinct from 'consumed'
  `;
  const expected = new Set(poison.deadly);
  const found = new Set(dead.map(({ delivery }) => delivery));
  const { events = 0, pending = 0, failed = 0, deliveries = 0, missing = 0, both = 0, unfounded = 0 } = row ?? {};
  return [
    { invariant: '2 every event is published', verdict: 'lost', checked: events, wrong: pending },
    { invariant: '2 every delivery is consumed or dead', verdict: 'lost', checked: deliveries, wrong: missing },
    { invariant: '2 no delivery is both', verdict: 'unexpected', checked: deliveries, wrong: both },
    { invariant: '2 no proof without its event', verdict: 'stray', checked: deliveries, wrong: unfounded },
    { invariant: '2 no event failed to be published', verdict: 'unexpected', checked: events, wrong: failed },
    { invariant: '4 only poison is dead', verdict: 'unexpected', checked: found.size, wrong: [...found].filter((one) => !expected.has(one)).length },
    { invariant: '4 all poison is dead', verdict: 'unexpected', checked: expected.size, wrong: [...expected].filter((one) => !found.has(one)).length },
  ];
}

/** Invariant 3: the effects in our database are those of the proofs, once each. */
async function checkEffects({ sql }: Evidence): Promise<Finding[]> {
  const [row] = await sql<Record<string, number>[]>`
    with counted as (
      select count(*) as n from consumed_event c join outbox_event e on e.id = c.event_id
      where c.consumer_name = 'count-daily-metrics' and e.tenant_id is not null
    ), told as (
      select c.event_id, e.event_type, e.payload_json as fact
      from consumed_event c join outbox_event e on e.id = c.event_id where c.consumer_name = 'notify'
    ), owed as (
      select event_id, sum(
        2 + (select count(*) from (select from push_device where user_id = reader limit 1) as push)
          + (select count(*) from user_contact where user_id = reader and whatsapp_opt_in and event_type = 'QuoteSent')
      ) as n
      from told, lateral (
        select distinct id::uuid as reader
        from unnest(array[fact ->> 'ownerUserId', fact ->> 'customerUserId', fact ->> 'tenantOwnerUserId']) as id
        where id is not null
      ) as readers
      group by event_id
    ), made as (
      select event_id, count(*) as n from notification group by event_id
    ), asked as (
      select payload_json ->> 'notificationId' as id, count(*) as n from outbox_event
      where event_type in ('EmailRequested', 'PushRequested', 'WhatsAppRequested') group by 1
    )
    select (select n from counted)::integer as counted,
           (select coalesce(sum(value), 0) from daily_metric)::integer as figures,
           (select coalesce(sum(n), 0) from owed)::integer as owed,
           (select coalesce(sum(greatest(owed.n - coalesce(made.n, 0), 0)), 0) from owed left join made using (event_id))::integer as unmade,
           (select coalesce(sum(made.n), 0) from made where not exists (select from told where told.event_id = made.event_id))::integer as unproved,
           (select count(*) from notification where channel <> 'inbox')::integer as outward,
           (
             select count(*) from notification n
             where channel <> 'inbox' and not exists (select from asked where asked.id = n.id::text)
           )::integer as unasked,
           (select coalesce(sum(n - 1), 0) from asked)::integer as twice,
           (select count(*) from asked where not exists (select from notification n where n.id::text = asked.id))::integer as astray
  `;
  const { counted = 0, figures = 0, owed = 0, unmade = 0, unproved = 0 } = row ?? {};
  const { outward = 0, unasked = 0, twice = 0, astray = 0 } = row ?? {};
  return [
    { invariant: '3 every proof of a count has its count', verdict: 'lost', checked: counted, wrong: Math.max(0, counted - figures) },
    { invariant: '3 nothing is counted twice', verdict: 'duplicated', checked: counted, wrong: Math.max(0, figures - counted) },
    { invariant: '3 every notification owed was made', verdict: 'lost', checked: owed, wrong: unmade },
    { invariant: '3 no notification without its proof', verdict: 'stray', checked: owed, wrong: unproved },
    { invariant: '3 every message was asked for', verdict: 'lost', checked: outward, wrong: unasked },
    { invariant: '3 no message was asked for twice', verdict: 'duplicated', checked: outward, wrong: twice },
    { invariant: '3 no request without its notification', verdict: 'stray', checked: outward, wrong: astray },
  ];
}
