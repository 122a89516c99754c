import { maintainPartitions } from '../src/outbox/partitions.ts';
import { openPostgres, type Sql } from '../src/platform/postgres.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
/** What is common and what is rare in a month, in thousandths. */
const TYPES = [
  ['ListingViewed', 420], ['WhatsAppClicked', 130], ['EmailRequested', 150], ['TicketCreated', 90], ['TicketAssigned', 80], ['TicketClosed', 60],
  ['PaymentCaptured', 40], ['ReviewCreated', 28], ['FraudSuspected', 2],
] as const;

/**
 * Fills a world with a month that has gone well but for a few hundred deliveries: `events` over thirty days up to now, each
 * consumed by whoever hears it, notifications with their attempts, and the ledger of every job.
 */
export async function fillMonth({ url }: Pick<World, 'url'>, events: number): Promise<void> {
  const sql = openPostgres({ url, name: 'bench-fill', connections: 1, statementTimeoutMs: 600_000 });
  for (let day = DAYS; day >= 0; day -= 1) await maintainPartitions(sql, new Date(Date.now() - day * DAY_MS));
  await sql`update subscription set subscribed_at = now() - interval '40 days'`;
  for (let from = 0; from < events; from += 50_000) await fillEvents(sql, { from, to: Math.min(events, from + 50_000), events });
  await sql`
    insert into consumed_event (consumer_name, event_id, consumed_at)
    select heard.consumer_name, event.id, event.published_at + interval '12 milliseconds'
    from outbox_event event join subscription heard on heard.event_type = event.event_type
    where (hashtext(event.id::text) & 1023) > 0
  `;
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    select heard.consumer_name, event.id, 10, 'PostgresError: 23514', left(md5((hashtext(event.id::text) % 40)::text), 12), event.created_at, event.published_at
    from outbox_event event join subscription heard on heard.event_type = event.event_type
    where (hashtext(event.id::text) & 1023) = 0
  `;
  await fillNotifications(sql);
  await sql`
    insert into operator_action (id, operator_user_id, action, request, outcome, trace_id, created_at)
    select id, tenant_id, 'retry-events', '{"reason": "a bench"}', '{}', md5(id::text), created_at
    from outbox_event where event_type = 'FraudSuspected'
  `;
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, attempts, started_at, finished_at)
    select name, slot, 'done', 1, slot, slot + interval '80 milliseconds'
    from job, generate_series(date_trunc('minute', now()) - interval '2 days', now(), interval '30 seconds') as slot
  `;
  await sql.unsafe('vacuum analyze');
  await sql.end();
}

function fillEvents(sql: Sql, { from, to, events }: { readonly from: number; readonly to: number; readonly events: number }) {
  const types = TYPES.flatMap(([type, share]) => Array.from({ length: share }, () => type as string));
  return sql`
    insert into outbox_event (
      id, event_type, schema_version, occurred_at, tenant_id, payload_json, correlation_id, status, created_at, published_at
    )
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
            || '8' || substr(md5(n::text), 1, 15))::uuid,
           (${types}::text[])[1 + (hashtext(n::text) & 2147483647) % 1000], 1, at,
           ('00000000-0000-7000-8000-' || lpad(to_hex(n % 300), 12, '0'))::uuid, '{}',
           overlay(overlay(md5((n / 3)::text) placing '4' from 13 for 1) placing '8' from 17 for 1)::uuid, 'published', at, at + interval '8 milliseconds'
    from (select n, now() - interval '30 days' * (1 - n::float8 / ${events}::float8) as at from generate_series(${from + 1}::integer, ${to}::integer) as n) as told
  `;
}

/** Two for each ticket, one of them by mail. */
async function fillNotifications(sql: Sql): Promise<void> {
  await sql`
    insert into notification (
      id, event_id, user_id, tenant_id, channel, category, template, template_version, locale, payload, body, status, reason, attempts, created_at, sent_at
    )
    select overlay(event.id::text placing channel.digit from 20 for 1)::uuid, event.id,
           ('00000000-0000-7000-8000-' || lpad(to_hex((hashtext(event.id::text) & 2147483647) % 5000), 12, '0'))::uuid,
           event.tenant_id, channel.name, 'tickets', 'ticket-created', 1, 'es', '{}', case channel.name when 'inbox' then 'Nuevo ticket' end,
           case when channel.name = 'inbox' then 'delivered' when (hashtext(event.id::text) & 255) = 0 then 'failed' else 'sent' end,
           null, 1, event.created_at, event.created_at
    from outbox_event event, (values ('inbox', '9'), ('email', 'a')) as channel (name, digit)
    where event.event_type in ('TicketCreated', 'TicketAssigned', 'TicketClosed')
  `;
  await sql`
    insert into notification_attempt (notification_id, attempt, outcome, at)
    select id, 1, outcome, created_at from notification, (values ('sending'), ('sent')) as step (outcome) where channel = 'email'
  `;
  await sql`
    insert into notification_decision (event_id, user_id, channel, decided_at, rule, verdict)
    select event_id, user_id, channel, created_at, 'preference', 'allowed' from notification
  `;
}
