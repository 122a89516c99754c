import {
  BURST_HOURS, DEVIATION, MEMORY_DAYS, NEW_AUTHOR_DAYS, NORMAL_FROM, RECENT_DAYS, type Scored,
} from '../../domain/fraud/fraud.ts';
import type { LinkKind } from '../../domain/fraud/fraud-ring.ts';
import type { Tx } from '../../platform/postgres.ts';
import { earnings, tiedEarnings } from './fraud-earnings.ts';
import type { Night } from './fraud-links.ts';

/** Some of the subjects: those whose id falls into `part`, from 0, of `parts`. */
export interface Part extends Night {
  readonly timeZone: string;
  readonly part: number;
  readonly parts: number;
}

/** Whether an id is of the part. A UUID's last byte is chance in every version that we make or are given. */
export const isOf = (tx: Tx, id: string, { part, parts }: Pick<Part, 'part' | 'parts'>) =>
  tx`get_byte(uuid_send(${tx(id)}), 15) % ${parts}::integer = ${part}::integer`;

/** The query of each feature's value, as `subject_id, feature, value`; nothing, where it would be 0. */
export const features = Object.freeze({
  tenant: tenantFeatures, ambassador: ambassadorFeatures, reviewer: reviewerFeatures,
}) satisfies Readonly<Record<Scored, (tx: Tx, part: Part) => unknown>>;

const daysBefore = (end: Date, days: number) => new Date(end.getTime() - days * 86_400_000);

function tenantFeatures(tx: Tx, part: Part) {
  const { day, end } = part;
  const since = daysBefore(end, MEMORY_DAYS);
  const shared = (feature: string, kind: string) => tx`
    select tenant.id, ${feature}, count(*)
    from tenant
    join fraud_link link on link.user_id = tenant.owner_user_id and link.day = ${day} and link.kind = ${kind}
    where ${isOf(tx, 'tenant.id', part)}
    group by tenant.id
  `;
  return tx`
    ${velocity(tx, part)}
    union all ${burst(tx, 'tenant_id', part, isOddReview(tx))}
    union all
    select tenant_id, 'disputes', count(*)
    from dispute
    where resolved_at >= ${since} and resolved_at < ${end} and status = 'won' and ${isOf(tx, 'tenant_id', part)}
    group by tenant_id
    union all
    select tenant_id, 'failed_payments', count(*)
    from payment
    where created_at >= ${since} and created_at < ${end} and status = 'failed' and ${isOf(tx, 'tenant_id', part)}
    group by tenant_id
    union all ${shared('shared_instrument', 'instrument')}
    union all ${shared('shared_ip', 'ip')}
  `;
}

const isBeforeLastWeek = (tx: Tx, day: string) => tx`day <= ${day}::date - ${RECENT_DAYS}::integer`;

/** `clicked`: clicks by listing and day. `normal`: a zone's usual clicks, from the weeks before the last. */
export const clickNormals = (tx: Tx, { day, end, timeZone }: Pick<Part, 'day' | 'end' | 'timeZone'>) => tx`
    clicked as (
      select listing.zone, listing.tenant_id, visit.listing_id, (visit.at at time zone ${timeZone})::date as day,
             count(*) as clicks
      from listing_visit visit
      join listing on listing.id = visit.listing_id
      where visit.kind = 'whatsapp-click' and visit.at < ${end}
        and visit.at >= (${day}::date - ${RECENT_DAYS + MEMORY_DAYS - 1}::integer)::timestamp at time zone ${timeZone}
      group by listing.zone, listing.tenant_id, visit.listing_id, 4
    ), usual as (
      select zone, percentile_cont(0.5) within group (order by clicks) as median
      from clicked where ${isBeforeLastWeek(tx, day)} group by zone having count(*) >= ${NORMAL_FROM}
    ), normal as (
      select zone, median, percentile_cont(0.5) within group (order by abs(clicks - median)) as mad
      from clicked join usual using (zone) where ${isBeforeLastWeek(tx, day)} group by zone, median
    )
`;

/** Free clicks per listing and day of the last week against the zone's normal. */
function velocity(tx: Tx, part: Part) {
  const { end, timeZone } = part;
  return tx`(
    with ${clickNormals(tx, part)},
    charged as (
      select listing_id, (occurred_at at time zone ${timeZone})::date as day, count(*) as charges
      from performance_charge
      where listing_id is not null and occurred_at >= ${daysBefore(end, RECENT_DAYS + 1)} and occurred_at < ${end}
      group by listing_id, 2
    )
    select tenant_id, 'click_velocity',
           max(greatest(0, floor((clicks - coalesce(charges, 0) - median) / greatest(${DEVIATION}::float8 * mad, 1))))::bigint
    from clicked
    join normal using (zone)
    left join charged using (listing_id, day)
    where not (${isBeforeLastWeek(tx, part.day)}) and ${isOf(tx, 'tenant_id', part)}
    group by tenant_id
  )`;
}

/** The most reviews within some hours that ended in the last week, per tenant or author. */
function burst(tx: Tx, subject: 'tenant_id' | 'author_user_id', part: Part, isCounted: ReturnType<typeof isOf>) {
  const since = daysBefore(part.end, RECENT_DAYS);
  return tx`(
    with counted as (
      select review.${tx(subject)} as subject_id, review.created_at,
             count(*) over (
               partition by review.${tx(subject)} order by review.created_at
               range between ${BURST_HOURS} * interval '1 hour' preceding and current row
             ) as reviews
      from review
      where review.created_at >= ${since}::timestamptz - ${BURST_HOURS} * interval '1 hour' and review.created_at < ${part.end}
        and ${isCounted} and ${isOf(tx, `review.${subject}`, part)}
    )
    select subject_id, 'review_burst', max(reviews) from counted where created_at >= ${since} group by subject_id
  )`;
}

/** By somebody whose first review is a few days old at most, or who had reviewed the tenant a short time ago. */
const isOddReview = (tx: Tx) => tx`(
  not exists (
    select from review first
    where first.author_user_id = review.author_user_id
      and first.created_at < review.created_at - ${NEW_AUTHOR_DAYS} * interval '1 day'
  ) or exists (
    select from review earlier
    where earlier.author_user_id = review.author_user_id and earlier.tenant_id = review.tenant_id
      and earlier.created_at < review.created_at
      and earlier.created_at >= review.created_at - ${MEMORY_DAYS} * interval '1 day'
  )
)`;

function ambassadorFeatures(tx: Tx, part: Part) {
  const tied = (feature: string, kind: LinkKind) => tx`
    select ambassador_user_id, ${feature}, count(distinct tenant_id)
    from (${tiedEarnings(tx, part.day, kind)}) as tied
    group by ambassador_user_id
  `;
  return tx`(
    with earning as (
      select * from (${earnings(tx, part)}) as every where ${isOf(tx, 'ambassador_user_id', part)}
    )
    select ambassador_user_id, 'self_referral', count(distinct tenant_id)
    from earning where is_own
    group by ambassador_user_id
    union all ${tied('tied_instrument', 'instrument')}
    union all ${tied('tied_ip', 'ip')}
  )`;
}

function reviewerFeatures(tx: Tx, part: Part) {
  const { end } = part;
  const since = daysBefore(end, MEMORY_DAYS);
  const recent = tx`
    review.created_at >= ${since} and review.created_at < ${end} and ${isOf(tx, 'review.author_user_id', part)}
  `;
  return tx`
    select review.author_user_id, 'own_reviews', count(*)
    from review
    where ${recent} and exists (
      select from tenant_person person
      where person.tenant_id = review.tenant_id and person.user_id = review.author_user_id
        and person.joined_at <= review.created_at and (person.removed_at is null or person.removed_at > review.created_at)
    )
    group by review.author_user_id
    union all ${burst(tx, 'author_user_id', part, tx`true`)}
    union all
    select author_user_id, 'repeated_reviews', sum(reviews - 1)
    from (
      select author_user_id, tenant_id, count(*) as reviews from review where ${recent} group by author_user_id, tenant_id
    ) as by_tenant
    where reviews > 1
    group by author_user_id
  `;
}
