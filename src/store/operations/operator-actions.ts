import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../platform/postgres.ts';
import type { Page } from '../../platform/page.ts';

/** JSON that goes to the record as it is; no personal data. */
type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** Kinds of actions; they live in the table and are never renamed. */
export const operatorActions = [
  'ask-approval',
  'ask-replay',
  'assign-ticket',
  'attribute-tenant',
  'backfill-job',
  'cancel-replay',
  'change-queue',
  'close-payout-cycle',
  'confirm-replay',
  'credit-invoice',
  'discard-dead-letters',
  'end-attribution',
  'end-sessions',
  'end-subscription',
  'flag-listing',
  'load-settlement-report',
  'moderate',
  'move-template-pointer',
  'pause-job',
  'publish-template',
  'recover-notifications',
  'reissue-invoice',
  'resend-notification',
  'resolve-dispute',
  'resolve-fraud-case',
  'resolve-held-charge',
  'resolve-payment-mismatch',
  'resume-job',
  'retry-dead-letters',
  'retry-events',
  'reveal-event',
  'reverse-fraud-case',
  'run-job',
  'send-missed-notices',
  'settle-fraud-case',
  'start-subscription',
  'verify-tenant',
] as const;

export interface OperatorAction {
  readonly operatorUserId: string;
  readonly action: (typeof operatorActions)[number];
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

/** An action as it stands on record. */
export interface RecordedAction {
  readonly id: string;
  readonly operatorUserId: string;
  readonly action: string;
  readonly request: Facts;
  readonly outcome: Facts;
  readonly traceId: string;
  readonly createdAt: Date;
}

export interface ActionFilter {
  readonly id?: string | undefined;
  readonly action?: string | undefined;
  readonly operatorUserId?: string | undefined;
}

/** Actions that fit and come before `before`, newest first. */
export function listOperatorActions(
  sql: Db,
  { id, action, operatorUserId }: ActionFilter,
  { before, limit }: Page,
): Promise<RecordedAction[]> {
  return sql<RecordedAction[]>`
    select id, operator_user_id as "operatorUserId", action, request, outcome, trace_id as "traceId", created_at as "createdAt"
    from operator_action
    where true
      ${id === undefined ? sql`` : sql`and id = ${id}`}
      ${action === undefined ? sql`` : sql`and action = ${action}`}
      ${operatorUserId === undefined ? sql`` : sql`and operator_user_id = ${operatorUserId}`}
      ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
}
