import { notFound, Problem } from '../../api/http/problem.ts';
import { findMismatchToResolve, resolveMismatch } from '../../store/payments/payment-mismatches.ts';
import type { Recording } from '../kit/recording.ts';

/** Resolves a mismatch by an operator's reason, and returns the record's id. @throws {Problem} 404, 409 */
export async function resolveByReason(
  { tx, now, record }: Recording,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<string> {
  const mismatch = await findMismatchToResolve(tx, id);
  if (mismatch === undefined) throw notFound();
  if (mismatch.resolvedAt !== null) throw new Problem(409, 'The mismatch is resolved already.');
  const { provider, providerPaymentId, kind, oursMinor, theirsMinor } = mismatch;
  const actionId = await record('resolve-payment-mismatch', { mismatchId: id, provider, providerPaymentId, kind, oursMinor, theirsMinor, reason });
  await resolveMismatch(tx, id, { reason, actionId, now });
  return actionId;
}
