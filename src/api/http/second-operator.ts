import type { Answer, CommandContext } from './command.ts';
import { Problem } from './problem.ts';
import type { Tx } from '../../platform/postgres.ts';
import { approve, askApproval } from '../../store/operations/approvals.ts';
import { findMember } from '../../store/tenants/members.ts';
import { type OperatorAction, recordOperatorAction } from '../../store/operations/operator-actions.ts';

const OPEN_MS = 7 * 86_400_000;

/** The user and the tenant who gain or lose by an operator's decision. */
interface Interest {
  readonly userId?: string | undefined;
  readonly tenantId?: string | undefined;
}

/** A request that moves money. */
interface Request extends Interest, Pick<OperatorAction, 'action' | 'request'> {}

/** Checks that an operator does not decide about themselves or a tenant that they work for. @throws {Problem} 403 */
export async function assertDisinterested(tx: Tx, operatorUserId: string, { userId, tenantId }: Interest): Promise<void> {
  const isMember = tenantId !== undefined && (await findMember(tx, tenantId, operatorUserId)) !== undefined;
  if (isMember || userId === operatorUserId) {
    throw new Problem(403, 'Operators cannot decide about themselves or a tenant that they work for.', {
      code: 'conflict-of-interest',
    });
  }
}

/**
 * Lets a request pass that another operator made within the last week. Returns the 202 for the first one; the caller
 * calls this before it writes anything.
 * @throws {Problem} 403 when the operator gains or loses by the request.
 */
export async function awaitSecondOperator(
  { tx, caller: { userId: operatorUserId }, now, traceId }: CommandContext,
  { action, request, ...interest }: Request,
): Promise<Answer | undefined> {
  await assertDisinterested(tx, operatorUserId, interest);
  const expiresAt = new Date(now.getTime() + OPEN_MS);
  const approval = await askApproval(tx, { action, request, operatorUserId, now, expiresAt });
  if (approval.askedBy !== operatorUserId) {
    await approve(tx, approval, { approvedBy: operatorUserId, now });
    return undefined;
  }
  const outcome = { approvalId: approval.id };
  await recordOperatorAction(tx, { operatorUserId, action: 'ask-approval', request: { ...request, action }, outcome, traceId });
  return { status: 202, body: { approvalId: approval.id, expiresAt: approval.expiresAt } };
}
