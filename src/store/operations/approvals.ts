import { v7 as uuidv7 } from 'uuid';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { OperatorAction } from './operator-actions.ts';
import type { Page } from '../../platform/page.ts';

/** A request that waits for a second operator. */
export interface Approval extends Pick<OperatorAction, 'action' | 'request'> {
  readonly id: string;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly expiresAt: Date;
}

interface Asking extends Pick<OperatorAction, 'action' | 'request' | 'operatorUserId'> {
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Asks for an approval. Returns the open one, whoever asked for it first; one that has expired is asked for anew. */
export async function askApproval(tx: Tx, { action, request, operatorUserId, now, expiresAt }: Asking): Promise<Approval> {
  const [approval] = await tx<[Approval]>`
    insert into operator_approval as open (id, action, request, asked_by, asked_at, expires_at)
    values (${uuidv7()}, ${action}, ${tx.json(request)}, ${operatorUserId}, ${now}, ${expiresAt})
    on conflict (action, md5(request::text)) where approved_at is null do update
    set asked_by   = case when open.expires_at <= ${now} then excluded.asked_by   else open.asked_by   end,
        asked_at   = case when open.expires_at <= ${now} then excluded.asked_at   else open.asked_at   end,
        expires_at = case when open.expires_at <= ${now} then excluded.expires_at else open.expires_at end
    returning ${columns(tx)}
  `;
  return approval;
}

/** Writes down who approved a request. */
export async function approve(tx: Tx, { id }: Approval, { approvedBy, now }: { readonly approvedBy: string; readonly now: Date }): Promise<void> {
  await tx`update operator_approval set approved_by = ${approvedBy}, approved_at = ${now} where id = ${id}`;
}

/** Lists the requests that wait for a second operator, newest first. */
export const listApprovals = (db: Db, { before, limit }: Page) => db<Approval[]>`
  select ${columns(db)}
  from operator_approval
  where approved_at is null and expires_at > now() ${before === undefined ? db`` : db`and id < ${before}`}
  order by id desc
  limit ${limit}
`;

const columns = (db: Db) => db`
  id, action, request, asked_by as "askedBy", asked_at as "askedAt", expires_at as "expiresAt"
`;
