import { v7 as uuidv7 } from 'uuid';
import { reverseLine, type Commission } from '../../domain/earnings/commission.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import { listCaseAttributions, lockCaseAttributions } from './case-attributions.ts';
import { completeCommissions, insertCommissions } from '../earnings/commissions.ts';
import { isPaidOut } from '../earnings/payout-holds.ts';

interface Verdict {
  readonly caseId: string;
  readonly now: Date;
}

/**
 * Executes a confirmed case: stops its attributions and takes back what they earned and was not paid out.
 * Returns the new lines.
 */
export async function executeVerdict(tx: Tx, { caseId, now }: Verdict): Promise<readonly Commission[]> {
  const attributionIds = await listCaseAttributions(tx, caseId);
  await lockCaseAttributions(tx, attributionIds);
  await stopAttributions(tx, { caseId, now });
  return reverseLines(tx, await listUnpaidLines(tx, attributionIds), { kind: 'verdict', caseId });
}

/**
 * Undoes a confirmed case: lifts its stops, gives back what verdicts took, and adds what the attributions would have
 * earned meanwhile. An attribution that another confirmed case stops as well stays stopped. Returns the new lines.
 */
export async function undoVerdict(tx: Tx, { caseId, now }: Verdict): Promise<readonly Commission[]> {
  const paymentIds = await lockCaseAttributions(tx, await listCaseAttributions(tx, caseId));
  const freed = await liftStops(tx, { caseId, now });
  const returned = await reverseLines(tx, await listVerdictLines(tx, freed), { kind: 'reversal', caseId });
  return [...returned, ...(await completeCommissions(tx, paymentIds))];
}

/** Each attribution ends on the tenant's day of the verdict, and keeps the end that was agreed. */
async function stopAttributions(tx: Tx, { caseId, now }: Verdict): Promise<void> {
  await tx`
    insert into attribution_stop (case_id, attribution_id, stopped_at, agreed_ends_on)
    select about.case_id, attribution.id, ${now},
           case when standing.attribution_id is null then attribution.ends_on else standing.agreed_ends_on end
    from fraud_case_attribution about
    join attribution on attribution.id = about.attribution_id
    left join lateral (
      select * from attribution_stop stop where stop.attribution_id = attribution.id and stop.lifted_at is null limit 1
    ) standing on true
    where about.case_id = ${caseId}
  `;
  await tx`
    update attribution
    set ends_on = greatest(starts_on, least(coalesce(ends_on, 'infinity'), (${now} at time zone zone_or_utc(tenant.time_zone))::date))
    from fraud_case_attribution about, tenant
    where about.case_id = ${caseId} and about.attribution_id = attribution.id and tenant.id = attribution.tenant_id
  `;
}

/** Lifts a case's stops. Returns the attributions without another stop, which end as agreed or before a successor. */
async function liftStops(tx: Tx, { caseId, now }: Verdict): Promise<readonly string[]> {
  await tx`update attribution_stop set lifted_at = ${now} where case_id = ${caseId} and lifted_at is null`;
  const freed = await tx<{ id: string }[]>`
    update attribution
    set ends_on = nullif(least(coalesce(stop.agreed_ends_on, 'infinity'), (
      select coalesce(min(successor.starts_on) - 1, 'infinity')
      from attribution successor
      where successor.tenant_id = attribution.tenant_id and successor.starts_on > attribution.ends_on
    )), 'infinity')
    from attribution_stop stop
    where stop.case_id = ${caseId} and stop.attribution_id = attribution.id and not exists (
      select from attribution_stop other where other.attribution_id = attribution.id and other.lifted_at is null
    )
    returning attribution.id
  `;
  return freed.map(({ id }) => id);
}

interface Line extends Omit<Commission, 'amount'> {
  readonly minor: string;
  readonly currency: string;
}

/** Lists lines that were not paid out and no line reverses, of the payments that would still be paid for. */
const listUnpaidLines = (tx: Tx, attributionIds: readonly string[]) => tx<Line[]>`
  with unpaid as (
    select *, sum(amount_minor) over (partition by payment_id) as owed
    from commission
    where attribution_id = any(${[...attributionIds]}::uuid[])
      and not ${isPaidOut(tx)}
  )
  select ${columns(tx)}
  from unpaid
  where owed > 0 and not exists (select from commission reversal where reversal.reverses_id = unpaid.id)
  order by id
`;

/** Lists the lines by which verdicts took something that was not given back. */
const listVerdictLines = (tx: Tx, attributionIds: readonly string[]) => tx<Line[]>`
  select ${columns(tx)}
  from commission
  where attribution_id = any(${[...attributionIds]}::uuid[]) and kind like 'verdict:%'
    and not exists (select from commission reversal where reversal.reverses_id = commission.id)
  order by id
`;

const columns = (db: Db) => db`
  id, payment_id as "paymentId", kind, tenant_id as "tenantId", ambassador_user_id as "ambassadorUserId",
  attribution_id as "attributionId", amount_minor as minor, currency, earned_on::text as "earnedOn"
`;

async function reverseLines(
  tx: Tx,
  lines: readonly Line[],
  cause: { readonly kind: 'verdict' | 'reversal'; readonly caseId: string },
): Promise<readonly Commission[]> {
  const reversals = lines.map(({ minor, currency, ...line }) =>
    reverseLine({ ...line, amount: { minor: BigInt(minor), currency } }, { ...cause, id: uuidv7() }));
  await insertCommissions(tx, reversals);
  return reversals;
}
