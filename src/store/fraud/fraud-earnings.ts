import { MEMORY_DAYS } from '../../domain/fraud/fraud.ts';
import type { LinkKind } from '../../domain/fraud/fraud-ring.ts';
import type { Db } from '../../platform/postgres.ts';
import type { Night } from './fraud-links.ts';

/**
 * Makes the query of the attributions that a night looks at, with the tenant's owner and whether the ambassador works
 * for the tenant. They are those that held, were entered or earned in the last weeks, also when they ended long ago.
 */
export const earnings = (db: Db, { day, end }: Pick<Night, 'day' | 'end'>) => {
  const since = new Date(end.getTime() - MEMORY_DAYS * 86_400_000);
  return db`
    select attribution.id as attribution_id, attribution.ambassador_user_id, attribution.tenant_id, tenant.owner_user_id,
           ${isOwn(db)} as is_own
    from attribution
    join tenant on tenant.id = attribution.tenant_id
    where attribution.starts_on <= ${day}::date
      and (attribution.ends_on is null
        or attribution.ends_on > ${day}::date - ${MEMORY_DAYS}::integer
        or attribution.created_at >= ${since} and attribution.created_at < ${end}
        or exists (
          select from commission where commission.attribution_id = attribution.id and commission.created_at >= ${since}
        ))
  `;
};

/** Returns whether the attribution's ambassador owned the tenant, or worked for it on or after the first day. */
export const isOwn = (db: Db) => db`exists (
  select from tenant_person person
  where person.tenant_id = attribution.tenant_id and person.user_id = attribution.ambassador_user_id
    and (person.removed_at is null or person.removed_at >= attribution.starts_on)
)`;

/**
 * Makes the query of the rows of `earning` whose owner shares something of a kind with the ambassador, or with an owner
 * for whom the ambassador works.
 */
export const tiedEarnings = (db: Db, day: string, kind: LinkKind) => db`
  select earning.attribution_id, earning.ambassador_user_id, earning.tenant_id
  from earning
  join lateral (
    select earning.ambassador_user_id as user_id
    union
    select employer.owner_user_id
    from tenant_member member
    join tenant employer on employer.id = member.tenant_id
    where member.user_id = earning.ambassador_user_id and member.removed_at is null
  ) as side on true
  join fraud_link link
    on link.day = ${day} and link.kind = ${kind} and link.user_id = side.user_id and link.other_user_id = earning.owner_user_id
`;
