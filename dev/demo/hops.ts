import type { Sql } from '../../src/platform/postgres.ts';
import type { Person } from './people.ts';

/** One thing that has to happen because of a request; `at` is undefined until it has. */
export interface Hop {
  /** Unique among the hops of a request; two mails differ in nothing else. */
  readonly key: string;
  readonly what: string;
  readonly at: Date | undefined;
}

export interface Watched {
  /** The W3C trace id of the request. */
  readonly traceId: string;
  readonly sql: Sql;
  /** When the mail server, a push service or WhatsApp accepted a notification's message, by the notification's id. */
  accepted(): Promise<ReadonlyMap<string, Date>>;
  /** When the API first showed the notification in its user's inbox. */
  inboxShownAt(userId: string, notificationId: string): Promise<Date | undefined>;
  personOf(userId: string): Person;
}

/** Everything known by now that must follow from the request, in no order; empty until it has committed. */
export async function hopsOf(watched: Watched): Promise<readonly Hop[]> {
  const { sql, traceId } = watched;
  const hops = await sql<Hop[]>`
    with event as (
      select * from outbox_event
      where correlation_id in (select correlation_id from outbox_event where traceparent like ${`00-${traceId}-%`})
    )
    select id || ' committed' as key, event_type || ' committed' as what, created_at as at
    from event
    union all
    select id || ' published', event_type || ' published', published_at
    from event
    union all
    select id || subscription.consumer_name, event_type || ' consumed by ' || subscription.consumer_name, consumed_at
    from event
    join subscription using (event_type)
    left join consumed_event on consumed_event.event_id = event.id
                            and consumed_event.consumer_name = subscription.consumer_name
    where unsubscribed_at is null
  `;
  // Read last: whatever the events read above have caused is in it.
  const notifications = await sql<Told[]>`
    select id, user_id as "userId", channel, template, receipt.received_at as "readAt",
           case notification.status when 'suppressed' then created_at end as "suppressedAt",
           digest_id is not null as "isGathered"
    from notification
    left join notification_receipt receipt on receipt.notification_id = notification.id and receipt.status = 'read'
    where event_id in (select id from outbox_event where traceparent like ${`00-${traceId}-%`})
  `;
  const accepted = await watched.accepted();
  const told = notifications.map((one) => hopsOfTold(watched, { ...one, acceptedAt: accepted.get(one.id) }));
  return [...hops.map((hop) => ({ ...hop, at: hop.at ?? undefined })), ...(await Promise.all(told)).flat()];
}

interface Told {
  readonly id: string;
  readonly userId: string;
  readonly channel: string;
  readonly template: string;
  /** Of what is not sent, now or ever. */
  readonly suppressedAt: Date | null;
  readonly isGathered: boolean;
  /** By WhatsApp's report. */
  readonly readAt: Date | null;
}

async function hopsOfTold(
  { personOf, inboxShownAt }: Watched,
  { id: key, userId, channel, template, ...told }: Told & { readonly acceptedAt: Date | undefined },
): Promise<readonly Hop[]> {
  const { title, push } = personOf(userId);
  const [kind, service] = {
    email: ['mail', 'SMTP'],
    push: ['push', push === 'fcm' ? 'FCM' : 'the browser’s push service'],
    whatsapp: ['WhatsApp', 'the Cloud API'],
  }[channel] ?? [];
  if (kind === undefined) {
    return [{ key, what: `"${template}" in the ${title}’s inbox`, at: await inboxShownAt(userId, key) }];
  }
  const message = `${kind} "${template}" to the ${title}`;
  if (told.suppressedAt !== null) {
    const fate = told.isGathered ? 'gathered for a digest' : 'suppressed';
    return [{ key, what: `${message} ${fate}`, at: told.suppressedAt }];
  }
  const accepted = { key, what: `${message} accepted by ${service}`, at: told.acceptedAt };
  if (channel !== 'whatsapp') return [accepted];
  const read = { key: `${key} read`, what: `WhatsApp "${template}" reported as read`, at: told.readAt ?? undefined };
  return [accepted, read];
}
