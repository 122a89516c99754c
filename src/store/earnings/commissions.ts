import { v7 as uuidv7 } from 'uuid';
import { missingEntries, type Account, type Commission } from '../../domain/earnings/commission.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { Page } from '../../platform/page.ts';

/** A captured payment's account, and whom its lines would concern; null where nobody earns from the tenant. */
export interface PaymentAccount extends Account {
  readonly paymentId: string;
  readonly tenantId: string;
  readonly attribution: { readonly id: string; readonly ambassadorUserId: string } | null;
}

/** The ids of the payments that were captured of a tenant while an attribution held, by attribution. */
export async function paymentsUnder(tx: Tx, attributionIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await tx<{ attributionId: string; paymentIds: string[] }[]>`
    select attribution.id as "attributionId", json_agg(payment.id) as "paymentIds"
    from attribution
    join tenant  on tenant.id = attribution.tenant_id
    join payment on payment.tenant_id = attribution.tenant_id and payment.status = 'captured'
    where attribution.id = any(${[...attributionIds]}::uuid[])
      and (payment.captured_at at time zone zone_or_utc(tenant.time_zone))::date
          between attribution.starts_on and coalesce(attribution.ends_on, 'infinity')
    group by attribution.id
  `;
  return new Map(rows.map(({ attributionId, paymentIds }) => [attributionId, paymentIds]));
}

interface AccountRow extends Omit<PaymentAccount, 'amount' | 'terms' | 'attribution' | 'reversals' | 'recorded'> {
  readonly amountMinor: string;
  readonly currency: string;
  readonly attributionId: string | null;
  readonly ambassadorUserId: string | null;
  readonly rateBasisPoints: number | null;
  readonly capMinor: string | null;
  readonly capCurrency: string | null;
}

/** The accounts of those payments that are captured, each held until the transaction ends. */
export async function holdAccounts(tx: Tx, paymentIds: readonly string[]): Promise<PaymentAccount[]> {
  const ids = [...paymentIds];
  // Read after the locks: whoever held them before has added its lines, or stopped the attribution.
  await tx`select from payment where id = any(${ids}::uuid[]) order by id for no key update`;
  await tx`
    select from attribution
    where tenant_id in (select tenant_id from payment where id = any(${ids}::uuid[]))
    order by id
    for key share
  `;
  const payments = await tx<AccountRow[]>`
    select payment.id as "paymentId", payment.tenant_id as "tenantId", payment.amount_minor as "amountMinor",
           payment.currency, captured.day::text as "capturedOn", attribution.id as "attributionId",
           attribution.ambassador_user_id as "ambassadorUserId", plan.rate_basis_points as "rateBasisPoints",
           plan.cap_minor as "capMinor", plan.cap_currency as "capCurrency"
    from payment
    join tenant on tenant.id = payment.tenant_id
    cross join lateral (select (payment.captured_at at time zone zone_or_utc(tenant.time_zone))::date as day) captured
    left join attribution
      on attribution.tenant_id = payment.tenant_id
     and captured.day between attribution.starts_on and coalesce(attribution.ends_on, 'infinity')
    left join lateral (
      select * from commission_plan
      where plan_id = attribution.plan_id and starts_on <= captured.day
        and not exists (
          select from attribution_stop stop where stop.attribution_id = attribution.id and stop.lifted_at is null
        )
      order by starts_on desc
      limit 1
    ) plan on true
    where payment.id = any(${ids}::uuid[]) and payment.status = 'captured'
    order by payment.id
  `;
  const recorded = await tx<{ paymentId: string; kind: string; minor: string }[]>`
    select payment_id as "paymentId", kind, amount_minor as minor from commission where payment_id = any(${ids}::uuid[])
  `;
  const reversals = await readReversals(tx, ids);
  return payments.map((row) => ({
    ...toAccount(row),
    recorded: of(recorded, row.paymentId),
    reversals: of(reversals, row.paymentId),
  }));
}

type OfPayment = { readonly paymentId: string; readonly minor: string };

const of = <T extends OfPayment>(rows: readonly T[], paymentId: string) =>
  rows.filter((row) => row.paymentId === paymentId).map((row) => ({ ...row, minor: BigInt(row.minor) }));

function toAccount(row: AccountRow): Omit<PaymentAccount, 'recorded' | 'reversals'> {
  const { paymentId, tenantId, capturedOn, amountMinor, currency, rateBasisPoints, capMinor, capCurrency } = row;
  const { attributionId, ambassadorUserId } = row;
  const cap = capMinor === null || capCurrency === null ? null : { minor: BigInt(capMinor), currency: capCurrency };
  const attribution =
    attributionId === null || ambassadorUserId === null ? null : { id: attributionId, ambassadorUserId };
  return {
    paymentId, tenantId, capturedOn, attribution,
    amount: { minor: BigInt(amountMinor), currency },
    terms: rateBasisPoints === null ? undefined : { rateBasisPoints, cap },
  };
}

/** Refunds, and disputes that were lost, which take the whole of a payment; oldest first. */
function readReversals(tx: Tx, paymentIds: readonly string[]) {
  return tx<{ paymentId: string; kind: string; minor: string; on: string }[]>`
    select reversal.payment_id as "paymentId", reversal.kind, reversal.minor,
           (reversal.at at time zone zone_or_utc(tenant.time_zone))::date::text as on
    from (
      select payment_id, 'refund:' || id as kind, amount_minor as minor, refunded_at as at from refund
      union all
      select payment_id, 'dispute:' || id, amount_minor, resolved_at from dispute where status = 'lost'
    ) reversal
    join payment on payment.id = reversal.payment_id
    join tenant  on tenant.id = payment.tenant_id
    where reversal.payment_id = any(${[...paymentIds]}::uuid[])
    order by reversal.at, reversal.kind
  `;
}

/** Adds the lines that payments lack, and returns them. */
export async function completeCommissions(tx: Tx, paymentIds: readonly string[]): Promise<readonly Commission[]> {
  const lines = (await holdAccounts(tx, paymentIds)).flatMap(linesOf);
  await insertCommissions(tx, lines);
  return lines;
}

function linesOf(account: PaymentAccount): Commission[] {
  const { paymentId, tenantId, amount, attribution } = account;
  if (attribution === null) return [];
  const { id: attributionId, ambassadorUserId } = attribution;
  return missingEntries(account).map(({ kind, minor, earnedOn }) => ({
    id: uuidv7(), paymentId, kind, tenantId, ambassadorUserId, attributionId, earnedOn,
    amount: { minor, currency: amount.currency },
  }));
}

/** Adds lines to the ledger; a line that is there already fails the transaction. */
export async function insertCommissions(tx: Tx, commissions: readonly Commission[]): Promise<void> {
  await tx`
    insert into commission (
      id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on,
      reverses_id, case_id
    )
    select * from unnest(
      ${commissions.map(({ id }) => id)}::uuid[],
      ${commissions.map(({ paymentId }) => paymentId)}::uuid[],
      ${commissions.map(({ kind }) => kind)}::text[],
      ${commissions.map(({ tenantId }) => tenantId)}::uuid[],
      ${commissions.map(({ ambassadorUserId }) => ambassadorUserId)}::uuid[],
      ${commissions.map(({ attributionId }) => attributionId)}::uuid[],
      ${commissions.map(({ amount }) => String(amount.minor))}::bigint[],
      ${commissions.map(({ amount }) => amount.currency)}::text[],
      ${commissions.map(({ earnedOn }) => earnedOn)}::date[],
      ${commissions.map(({ reverses }) => reverses?.id ?? null)}::uuid[],
      ${commissions.map(({ reverses }) => reverses?.caseId ?? null)}::uuid[]
    )
  `;
}

/** A line and the cycle that pays it; null while none was closed over it. */
export interface ListedCommission extends Commission {
  readonly payoutCycleId: string | null;
}

/** What an ambassador earned and gave back, newest first. */
export async function listCommissions(db: Db, userId: string, { before, limit }: Page): Promise<ListedCommission[]> {
  const rows = await db<(Omit<ListedCommission, 'amount'> & { readonly minor: string; readonly currency: string })[]>`
    select commission.id, payment_id as "paymentId", kind, tenant_id as "tenantId",
           ambassador_user_id as "ambassadorUserId", attribution_id as "attributionId", amount_minor as minor, currency,
           earned_on::text as "earnedOn", line.cycle_id as "payoutCycleId"
    from commission left join payout_line line on line.commission_id = commission.id
    where ambassador_user_id = ${userId} ${before === undefined ? db`` : db`and commission.id < ${before}`}
    order by commission.id desc
    limit ${limit}
  `;
  return rows.map(({ minor, currency, ...row }) => ({ ...row, amount: { minor: BigInt(minor), currency } }));
}
