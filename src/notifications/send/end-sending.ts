import type { Tx } from '../../platform/postgres.ts';
import type { Sending } from './sending.ts';

/** How an attempt ended, and what that makes of the notification. */
export interface SendingEnd {
  readonly outcome: 'sent' | 'rejected' | 'deferred' | 'limited' | 'unavailable' | 'unauthorized' | 'unreachable' | 'unknown';
  readonly status: 'sent' | 'failed' | 'queued' | 'unknown';
  readonly detail?: string | undefined;
  readonly providerId?: string | undefined;
  /** The provider puts it off: the notification waits by itself, and not for ever. */
  readonly isDeferred?: boolean;
}

/**
 * Puts attempts' ends on record; a notification follows only if no later attempt has begun. One that was held as
 * unknown follows a late success only: nobody would try it again. The ids of those that failed by it come back.
 */
export async function endSending(
  tx: Tx,
  ended: readonly (Pick<Sending, 'id' | 'attempt'> & { readonly end: SendingEnd })[],
): Promise<Set<string>> {
  const rows = await tx<{ id: string; status: string }[]>`
    with made (id, attempt, outcome, status, detail, provider_id, deferrals) as (
      select * from unnest(
        ${ended.map(({ id }) => id)}::uuid[],
        ${ended.map(({ attempt }) => attempt)}::integer[],
        ${ended.map(({ end }) => end.outcome)}::text[],
        ${ended.map(({ end }) => end.status)}::text[],
        ${ended.map(({ end }) => end.detail ?? null)}::text[],
        ${ended.map(({ end }) => end.providerId ?? null)}::text[],
        ${ended.map(({ end }) => (end.isDeferred === true ? 1 : 0))}::integer[]
      )
    ), recorded as (
      insert into notification_attempt (notification_id, attempt, outcome, detail)
      select id, attempt, outcome, detail from made
      on conflict do nothing
    )
    update notification
    set status         = made.status,
        reason         = case when made.status <> 'sent' then made.detail end,
        refusals       = refusals + case when made.outcome in ('rejected', 'unknown') then 1 else 0 end,
        sending_until  = null,
        deferrals      = notification.deferrals + made.deferrals,
        deferred_since = case when made.deferrals > 0 then coalesce(deferred_since, clock_timestamp()) else deferred_since end,
        provider_id    = coalesce(made.provider_id, notification.provider_id),
        sent_at        = case when made.status = 'sent' then clock_timestamp() else sent_at end
    from made
    where notification.id = made.id and attempts = made.attempt
      and (notification.status = 'sending' or (notification.status = 'unknown' and made.status = 'sent'))
    returning notification.id, notification.status
  `;
  return new Set(rows.filter(({ status }) => status === 'failed').map(({ id }) => id));
}
