import type { Tx } from '../../platform/postgres.ts';
import { insertDecisions } from '../decide/notification-decisions.ts';
import type { DueNotification } from '../notifications.ts';

type Fragment = ReturnType<Tx>;

/** An operator's action that sends notifications again. The action is on record. */
export interface Resend {
  readonly actionId: string;
  /** Current versions by template. A resend uses them, because the old version may be the fault. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Queues notifications as if they had never been tried, and records the operator's decision. Returns the notifications. */
export async function queueForResend(tx: Tx, which: Fragment, { actionId, versions }: Resend): Promise<readonly DueNotification[]> {
  const rows = await tx<(DueNotification & { userId: string })[]>`
    update notification
    set status = 'queued', reason = null, due_at = null, refusals = 0, deferrals = 0, deferred_since = null,
        template_version = coalesce(
          (
            select version from unnest(${[...versions.keys()]}::text[], ${[...versions.values()]}::integer[]) as current (name, version)
            where current.name = template
          ),
          template_version
        )
    where ${which}
    returning id, event_id as "eventId", tenant_id as "tenantId", user_id as "userId", channel
  `;
  await insertDecisions(tx, rows.map(({ eventId, userId, channel }) =>
    ({ eventId, userId, channel, rule: 'operator', verdict: 'sent again', detail: `action ${actionId}` })));
  return rows;
}
