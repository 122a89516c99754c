import { DECAY_PER_SECOND, DEMAND, PENALTY, RESPONSE, TICKETS, WEIGHTS, WHOLE } from '../../domain/ranking/ranking.ts';
import { PRIOR } from '../../domain/ranking/reputation.ts';

/** The column of each component that counts. */
const COLUMNS: Readonly<Record<keyof typeof WEIGHTS, string>> = Object.freeze({
  reputation: 'reputation', demand: 'demand', responseTime: 'response_time', closedTickets: 'closed_tickets',
  verification: 'verification',
});

/**
 * The statement that scores every visible listing of a verified tenant as of an instant, by the rule of
 * `domain/ranking.ts`: facts that came later do not count, what has no history is taken as it stands.
 * Columns: zone, category, listing_id, tenant_id, the components and score.
 */
export function scoresSql(asOf: Date): string {
  const at = instant(asOf);
  const sum = Object.entries(COLUMNS).map(([name, column]) => `${WEIGHTS[name as keyof typeof WEIGHTS]} * ${column}`);
  return `
    with responses as (${responses(at)}),
         tallies   as (${tallies(at)}),
         standing  as (${standing(at)}),
         visited   as (${visited(at)}),
         flagged   as (${flagged(at)}),
    explained as (
      select listing.zone, listing.category, listing.id as listing_id, standing.tenant_id,
             reputation, response_time, closed_tickets, verification,
             ${basisPoints(`coalesce(visited.demand / (visited.demand + ${float(DEMAND.half)}), 0)`)} as demand,
             least(standing.penalty + coalesce(flagged.penalty, 0), ${PENALTY.atMost})::smallint as penalty
      from listing
      join standing on standing.tenant_id = listing.tenant_id
      left join visited on visited.listing_id = listing.id
      left join flagged on flagged.listing_id = listing.id
      where listing.status = 'visible' and listing.published_at <= ${at}
    )
    select explained.*, ((${sum.join(' + ')})::bigint * (${WHOLE} - penalty) / ${WHOLE})::integer as score
    from explained
  `;
}

const instant = (at: Date) => `timestamptz '${at.toISOString()}'`;
const float = (value: number) => `${value}::float8`;
const basisPoints = (share: string) => `floor((${share}) * ${WHOLE} + 0.5)::smallint`;
const lately = (column: string, { at, days }: { readonly at: string; readonly days: number }) =>
  `${column} > ${at} - interval '${days} days' and ${column} <= ${at}`;

const responses = (at: string) => `
  select tenant_id,
         count(*) filter (where first_response_at <= ${at})::float8 as answered,
         percentile_disc(0.5) within group (order by greatest(0, date_part('epoch', first_response_at - created_at)))
           filter (where first_response_at <= ${at}) as median_seconds,
         (count(*) filter (
           where (first_response_at is null or first_response_at > ${at})
             and created_at <= ${at} - interval '${RESPONSE.patienceHours} hours'
         ))::float8 as unanswered
  from (${firstLeads(at)}) as lead
  group by tenant_id
`;

/** The first lead of each person at a tenant. A tenant's own people are not its customers. */
const firstLeads = (at: string) => `
  select distinct on (tenant_id, created_by) tenant_id, created_at, first_response_at
  from lead
  where ${lately('created_at', { at, days: RESPONSE.days })}
    and not exists (
      select from tenant_member member
      where member.tenant_id = lead.tenant_id and member.user_id = lead.created_by
        and member.joined_at <= lead.created_at and (member.removed_at is null or member.removed_at > lead.created_at)
    )
  order by tenant_id, created_by, created_at, id
`;

/** What is counted of each tenant, and the basis points that it loses for all its listings. */
const tallies = (at: string) => `
  select tenant_id, sum(completed)::float8 as completed, sum(penalty) as penalty
  from (
    select tenant_id, 1 as completed, 0 as penalty
    from ticket
    where outcome = 'completed' and ${lately('closed_at', { at, days: TICKETS.days })}
    union all
    select tenant_id, 0, ${PENALTY.lostDispute}
    from dispute
    where status = 'won' and ${lately('resolved_at', { at, days: PENALTY.days })}
    union all
    select tenant_id, 0, case status when 'hidden' then ${PENALTY.hiddenListing} else ${PENALTY.bannedListing} end
    from listing
    where status <> 'visible'
  ) as each
  group by tenant_id
`;

const standing = (at: string) => `
  select tenant.id as tenant_id,
         ${basisPoints(`(coalesce(reputation.score, ${float(PRIOR.mean)}) - 1) / 4`)} as reputation,
         ${basisPoints(`case
           when coalesce(answered + unanswered, 0) = 0 then ${float(RESPONSE.unknown)}
           when median_seconds is null then 0
           else ${float(RESPONSE.halfSeconds)} / (${float(RESPONSE.halfSeconds)} + greatest(0, median_seconds))
                * (answered / (answered + unanswered))
         end`)} as response_time,
         ${basisPoints(`least(1, ln(1 + coalesce(tallies.completed, 0)) / ln(${float(1 + TICKETS.full)}))`)}
           as closed_tickets,
         ${basisPoints('(1 + coalesce(reputation.verified_reviews::float8 / nullif(reputation.reviews, 0), 0)) / 2')}
           as verification,
         coalesce(tallies.penalty, 0) as penalty
  from tenant
  left join tenant_reputation reputation on reputation.tenant_id = tenant.id
  left join responses on responses.tenant_id = tenant.id
  left join tallies on tallies.tenant_id = tenant.id
  where tenant.status = 'verified' and tenant.verified_at <= ${at}
`;

/** Each listing's demand. A click whose charge was struck out is worth nothing to the tenant either. */
const visited = (at: string) => `
  select listing_id,
         sum(case kind when 'view' then ${float(DEMAND.view)} else ${float(DEMAND.whatsAppClick)} end
           * exp(-date_part('epoch', ${at} - at) * ${float(DECAY_PER_SECOND)})) as demand
  from listing_visit visit
  where ${lately('at', { at, days: DEMAND.days })}
    and not exists (
      select from performance_charge charge
      where charge.listing_id = visit.listing_id and charge.occurred_at = visit.at and charge.struck_at <= ${at}
        and visit.kind = 'whatsapp-click'
    )
  group by listing_id
`;

const flagged = (at: string) => `
  select listing_id,
         least(count(*) filter (where flagged_by = 'user'), ${PENALTY.userFlagsCounted}) * ${PENALTY.userFlag}
           + count(*) filter (where flagged_by = 'operator') * ${PENALTY.operatorFlag} as penalty
  from listing_flag
  where ${lately('created_at', { at, days: PENALTY.days })}
  group by listing_id
`;
