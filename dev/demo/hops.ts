import type { Sql } from '../../src/platform/postgres.ts';

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
  /** When the mail server accepted the notification's message. */
  mailAcceptedAt(notificationId: string): Date | undefined;
  /** When the API first showed the notification in its user's inbox. */
  inboxShownAt(userId: string, notificationId: string): Promise<Date | undefined>;
  /** How the story calls a user. */
  titleOf(userId: string): string;
}

/** Everything known by now that must follow from the request, in no order; empty until it has committed. */
export async function hopsOf(watched: Watched): Promise<readonly Hop[]> {
  const { sql, traceId, titleOf } = watched;
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
  const notifications = await sql<{ id: string; userId: string; channel: string; template: string }[]>`
    select id, user_id as "userId", channel, template
    from notification
    where event_id in (select id from outbox_event where traceparent like ${`00-${traceId}-%`})
  `;
  const told = notifications.map(async ({ id: key, userId, channel, template }) =>
    channel === 'email'
      ? { key, what: `mail "${template}" to the ${titleOf(userId)} accepted by SMTP`, at: watched.mailAcceptedAt(key) }
      : { key, what: `"${template}" in the ${titleOf(userId)}’s inbox`, at: await watched.inboxShownAt(userId, key) },
  );
  return [...hops.map((hop) => ({ ...hop, at: hop.at ?? undefined })), ...(await Promise.all(told))];
}
