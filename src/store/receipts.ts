import type { Tx } from '../platform/postgres.ts';

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

/** A notification that its provider took, and could not deliver. */
export interface FailedLate {
  readonly id: string;
  readonly tenantId: string | null;
}

/**
 * Puts reports on record, and lets their notifications follow them: never back, whatever the order they come in. What
 * nobody knew the end of is settled by them. Those of notifications that are not the channel's are passed over. What
 * failed by them comes back.
 */
export async function applyReceipts(tx: Tx, channel: string, receipts: readonly Receipt[]): Promise<readonly FailedLate[]> {
  const failed: FailedLate[] = [];
  const inOrder = receipts.toSorted((one, other) => (one.notificationId < other.notificationId ? -1 : 1)); // of locks
  for (const { notificationId, status, providerId, occurredAt, detail } of inOrder) {
    await tx`
      insert into notification_receipt (notification_id, status, occurred_at, detail)
      select id, ${status}, ${occurredAt}, ${detail ?? null}
      from notification where id = ${notificationId} and channel = ${channel}
      on conflict do nothing
    `;
    const followed = await tx<FailedLate[]>`
      update notification
      set status        = ${status},
          reason        = ${detail ?? null},
          sending_until = null,
          provider_id   = ${providerId},
          sent_at       = case ${status} when 'failed' then sent_at else coalesce(sent_at, ${occurredAt}) end,
          read_at       = case ${status} when 'read' then ${occurredAt} else read_at end
      where id = ${notificationId} and channel = ${channel}
        and array_position(${ASCENDING}::text[], ${status}) > array_position(${ASCENDING}::text[], status)
      returning id, tenant_id as "tenantId"
    `;
    if (status === 'failed') failed.push(...followed);
  }
  return failed;
}

/** A failure ends what was not delivered, and a delivery shows that a failure was none. */
const ASCENDING = ['queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read'];
