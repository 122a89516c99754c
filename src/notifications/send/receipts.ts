import type { Tx } from '../../platform/postgres.ts';

/** What a provider reports of a message that it took. */
export interface Receipt {
  readonly notificationId: string;
  readonly status: 'sent' | 'delivered' | 'read' | 'failed';
  readonly providerId: string;
  /** By the provider's clock. */
  readonly occurredAt: Date;
  /** Why it failed: a code. */
  readonly detail?: string | undefined;
}

/** A report of one of our notifications. */
export interface Applied {
  readonly notificationId: string;
  readonly status: Receipt['status'];
  readonly tenantId: string | null;
  /** Whether the notification failed by it, which its provider had taken. */
  readonly hasFailed: boolean;
  /** Of the event that the notification tells of. */
  readonly traceparent: string | null;
}

/**
 * Puts reports on record, and lets their notifications follow them: never back, whatever the order they come in. What
 * nobody knew the end of is settled by them. Those of notifications that are not the channel's are passed over; the
 * others come back.
 */
export async function applyReceipts(tx: Tx, channel: string, receipts: readonly Receipt[]): Promise<readonly Applied[]> {
  const applied: Applied[] = [];
  const inOrder = receipts.toSorted((one, other) => (one.notificationId < other.notificationId ? -1 : 1)); // of locks
  for (const { notificationId, status, providerId, occurredAt, detail } of inOrder) {
    const [about] = await tx<Pick<Applied, 'tenantId' | 'traceparent'>[]>`
      with told as (
        select id, tenant_id, event_id from notification where id = ${notificationId} and channel = ${channel}
      ), made as (
        insert into notification_receipt (notification_id, status, occurred_at, detail)
        select id, ${status}, ${occurredAt}, ${detail ?? null} from told
        on conflict do nothing
      )
      select told.tenant_id as "tenantId", event.traceparent
      from told
      left join outbox_event event on event.id = told.event_id
    `;
    const followed = await tx`
      update notification
      set status        = ${status},
          reason        = ${detail ?? null},
          sending_until = null,
          provider_id   = ${providerId},
          sent_at       = case ${status} when 'failed' then sent_at else coalesce(sent_at, ${occurredAt}) end,
          read_at       = case ${status} when 'read' then ${occurredAt} else read_at end
      where id = ${notificationId} and channel = ${channel}
        and array_position(${ASCENDING}::text[], ${status}) > array_position(${ASCENDING}::text[], status)
    `;
    if (about !== undefined) applied.push({ ...about, notificationId, status, hasFailed: status === 'failed' && followed.count > 0 });
  }
  return applied;
}

/** A failure ends what was not delivered, and a delivery shows that a failure was none. */
const ASCENDING = ['queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read'];
