import type { Db, Tx } from '../../platform/postgres.ts';
import { earnings, tiedEarnings } from './fraud-earnings.ts';
import { isOf, type Part } from './fraud-features.ts';
import { isPaidOut } from '../earnings/payout-holds.ts';

/** Adds to each open case of an ambassador the attributions by which they earned from themselves. */
export async function addAmbassadorAttributions(tx: Tx, part: Part): Promise<void> {
  await tx`
    with earning as (
      select * from (${earnings(tx, part)}) as every where ${isOf(tx, 'ambassador_user_id', part)}
    ), about as (
      select attribution_id, ambassador_user_id from earning where is_own
      union
      select attribution_id, ambassador_user_id from (${tiedEarnings(tx, part.day, 'instrument')}) as tied
    )
    insert into fraud_case_attribution (case_id, attribution_id)
    select fraud_case.id, attribution_id
    from fraud_case
    join about on about.ambassador_user_id = fraud_case.subject_id
    where fraud_case.subject_kind = 'ambassador' and fraud_case.status = 'open'
    on conflict do nothing
  `;
  await addOtherDays(tx, 'ambassador');
}

/** Adds to open cases the same ambassadors' attributions of the same tenants on other days. */
async function addOtherDays(tx: Tx, subject: 'ambassador' | 'ring'): Promise<void> {
  await tx`
    insert into fraud_case_attribution (case_id, attribution_id)
    select about.case_id, other.id
    from fraud_case
    join fraud_case_attribution about on about.case_id = fraud_case.id
    join attribution known on known.id = about.attribution_id
    join attribution other on other.tenant_id = known.tenant_id and other.ambassador_user_id = known.ambassador_user_id
    where fraud_case.subject_kind = ${subject} and fraud_case.status = 'open'
    on conflict do nothing
  `;
}

/** Adds to each open case of a ring the attributions by which its users earned from one another, as `findRings` left them. */
export async function addRingAttributions(tx: Tx): Promise<void> {
  await tx`
    insert into fraud_case_attribution (case_id, attribution_id)
    select fraud_case.id, earning.attribution_id
    from fraud_case
    join fraud_ring_member ambassador on ambassador.ring_id = fraud_case.subject_id
    join fraud_ring_member owner      on owner.ring_id = fraud_case.subject_id
    join ring_earning earning
      on earning.ambassador_user_id = ambassador.user_id and earning.owner_user_id = owner.user_id
    where fraud_case.subject_kind = 'ring' and fraud_case.status = 'open'
    on conflict do nothing
  `;
  await addOtherDays(tx, 'ring');
}

/** Lists the ids of the attributions that a case is about. */
export async function listCaseAttributions(tx: Tx, caseId: string): Promise<readonly string[]> {
  const rows = await tx<{ id: string }[]>`
    select attribution_id as id from fraud_case_attribution where case_id = ${caseId} order by attribution_id
  `;
  return rows.map(({ id }) => id);
}

/**
 * Locks the attributions of a case, and the payments that they earned from. Commissions lock payments first as well, so
 * neither waits for the other for ever. Returns the payments' ids.
 */
export async function lockCaseAttributions(tx: Tx, attributionIds: readonly string[]): Promise<readonly string[]> {
  const payments = await tx<{ id: string }[]>`
    select payment.id
    from payment
    where status = 'captured' and tenant_id in (
      select tenant_id from attribution where id = any(${[...attributionIds]}::uuid[])
    )
    order by payment.id
    for no key update
  `;
  await tx`select from attribution where id = any(${[...attributionIds]}::uuid[]) order by id for update`;
  return payments.map(({ id }) => id);
}

/** An attribution that a case is about. */
export interface CaseAttribution {
  readonly id: string;
  readonly tenantId: string;
  readonly ambassadorUserId: string;
  /** A confirmed case stops it. */
  readonly isStopped: boolean;
  /** Commissions that were paid out, in minor units by currency. */
  readonly paid: readonly { readonly minor: number; readonly currency: string }[];
}

/** Describes the attributions that a case is about. */
export const describeCaseAttributions = (db: Db, caseId: string) => db<CaseAttribution[]>`
  select attribution.id, attribution.tenant_id as "tenantId", attribution.ambassador_user_id as "ambassadorUserId",
         exists (
           select from attribution_stop stop where stop.attribution_id = attribution.id and stop.lifted_at is null
         ) as "isStopped",
         coalesce((
           select jsonb_agg(jsonb_build_object('minor', minor, 'currency', currency) order by currency)
           from (
             select currency, sum(amount_minor) as minor
             from commission
             where commission.attribution_id = attribution.id and ${isPaidOut(db)}
             group by currency
           ) as paid
         ), '[]') as paid
  from fraud_case_attribution about
  join attribution on attribution.id = about.attribution_id
  where about.case_id = ${caseId}
  order by attribution.id
`;
