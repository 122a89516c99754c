import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../platform/postgres.ts';

/** JSON that goes to the record as it is; no personal data. */
type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface OperatorAction {
  readonly operatorUserId: string;
  readonly action:
    | 'assign-ticket'
    | 'attribute-tenant'
    | 'backfill-job'
    | 'change-queue'
    | 'close-payout-cycle'
    | 'credit-invoice'
    | 'flag-listing'
    | 'load-settlement-report'
    | 'moderate'
    | 'move-template-pointer'
    | 'pause-job'
    | 'publish-template'
    | 'recover-notifications'
    | 'resend-notification'
    | 'resolve-dispute'
    | 'resolve-fraud-case'
    | 'resume-job'
    | 'retry-events'
    | 'run-job'
    | 'start-subscription'
    | 'verify-tenant';
  readonly request: Facts;
  readonly outcome: Facts;
  readonly traceId: string;
}

/** Puts an operator's action on record, in the transaction of the action where it has one; gives the record's id. */
export async function recordOperatorAction(db: Db, done: OperatorAction): Promise<string> {
  const { operatorUserId, action, request, outcome, traceId } = done;
  const id = uuidv7();
  await db`
    insert into operator_action (id, operator_user_id, action, request, outcome, trace_id)
    values (
      ${id}, ${operatorUserId}, ${action},
      ${JSON.stringify(request)}::text::jsonb, ${JSON.stringify(outcome)}::text::jsonb, ${traceId}
    )
  `;
  return id;
}
