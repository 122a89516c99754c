import { reconcilePayments } from '../../src/jobs/reconcile-payments.ts';
import { signIn } from './app.ts';
import { eventsOf } from './events.ts';
import { runSlot } from './jobs.ts';
import { captured, deliver, openPaying } from './money.ts';
import { makeToken } from './tokens.ts';

const HEADER = 'provider_payment_id,amount_minor,currency,settled_on';
export const JUNE = ['2026-06-01', '2026-06-30'] as const;

interface Mismatch {
  readonly mismatchId: string;
  readonly kind: string;
  readonly providerPaymentId: string;
  readonly oursMinor: string | null;
  readonly theirsMinor: string | null;
  readonly resolvedBy: string | null;
}

/** A tenant whose payments come by webhook, an operator who brings reports, and the job that compares both. */
export async function openReconciling() {
  const paying = await openPaying();
  const { sql, app, tenantId } = paying;
  const token = await makeToken({ roles: ['backoffice:write'] });
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  const listed = async () => ((await (await reader.get('/backoffice/payment-mismatches?open=false')).json()) as { mismatches: Mismatch[] }).mismatches;
  return {
    ...paying, operator, reader, listed,
    /** A capture that the provider reports now, of a day in June. */
    pay: async (paymentId: string, amountMinor: number, occurredAt = '2026-06-10T12:00:00Z') => {
      const answer = await deliver(app, captured(tenantId, { paymentId, amountMinor, occurredAt }));
      if (answer.status !== 200) throw new Error(`the webhook was answered ${answer.status}`);
    },
    /** Brings a report of a period; a line is `<payment> <minor> [<day> [<currency>]]`. */
    bring: async (lines: readonly string[], [periodStart, periodEnd]: readonly [string, string] = JUNE) => {
      const rows = lines.map((line) => {
        const [id, minor, day = '2026-06-11', currency = 'MXN'] = line.split(' ');
        return [id, minor, currency, day].join(',');
      });
      const answer = await app.request(`/backoffice/settlement-reports?provider=sandpay&periodStart=${periodStart}&periodEnd=${periodEnd}`, {
        method: 'POST', body: [HEADER, ...rows, ''].join('\n'), headers: { authorization: `Bearer ${token}`, 'Content-Type': 'text/csv' },
      });
      return answer.status;
    },
    reconcile: (ports: { readonly settlementGraceDays?: Readonly<Record<string, number>> } = {}, scheduledFor = new Date()) =>
      runSlot(sql, reconcilePayments, { ports, scheduledFor }),
    /** `<kind> <payment> <theirs>/<ours>` and who resolved it, of every mismatch. */
    mismatches: async () => (await listed()).map(({ kind, providerPaymentId, theirsMinor, oursMinor, resolvedBy }) =>
      [kind, providerPaymentId, `${theirsMinor ?? '–'}/${oursMinor ?? '–'}`, ...(resolvedBy === null ? [] : [`resolved by ${resolvedBy}`])].join(' ')).toSorted(),
    /** `found` or `resolved`, and the kind, of every event about mismatches. */
    told: async () => (await eventsOf(sql, 'PaymentMismatchFound', 'PaymentMismatchResolved'))
      .map(({ type, payload }) => `${type === 'PaymentMismatchFound' ? 'found' : 'resolved'} ${String(payload['kind'])}`),
  };
}
