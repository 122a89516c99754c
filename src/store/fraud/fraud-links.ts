import { LINKS, REGULAR_VISITS, type LinkKind } from '../../domain/fraud/fraud-ring.ts';
import type { Tx } from '../../platform/postgres.ts';

/** The day that a night looks back from. */
export interface Night {
  /** `2026-11-24`. */
  readonly day: string;
  /** When the day ended. */
  readonly end: Date;
}

/** An address with more devices behind it is a carrier's, or a café's: who visits from there says nothing. */
const CROWD_DEVICES = 20;
const DAYS_KEPT = 7;

/** Writes down who shares things of a kind as of that night, again where it was. Users are owners, ambassadors and authors. */
export async function saveLinks(tx: Tx, kind: LinkKind, { day, end }: Night): Promise<void> {
  const { hub, days } = LINKS[kind];
  const since = new Date(end.getTime() - days * 86_400_000);
  await tx`delete from fraud_link where kind = ${kind} and (day = ${day}::date or day < ${day}::date - ${DAYS_KEPT}::integer)`;
  await tx`
    with held (user_id, token) as (${holders(tx, kind, { since, end })}),
    telling as (
      select user_id, token
      from (select user_id, token, count(*) over (partition by token) as users from held) as counted
      where users between 2 and ${hub}
    )
    insert into fraud_link (day, kind, user_id, other_user_id, shared)
    select ${day}::date, ${kind}, one.user_id, other.user_id, count(*)
    from telling one
    join telling other on other.token = one.token and other.user_id <> one.user_id
    group by one.user_id, other.user_id
    on conflict do nothing
  `;
  // What follows joins it at once, and would be planned for the few rows of the night before: seconds become minutes.
  await tx`analyze fraud_link`;
}

interface Span {
  readonly since: Date;
  readonly end: Date;
}

/** Each user once with each thing they hold. */
function holders(tx: Tx, kind: LinkKind, { since, end }: Span) {
  if (kind === 'ip' || kind === 'visitor') return regulars(tx, kind, { since, end });
  if (kind === 'instrument') {
    return tx`
      select distinct tenant.owner_user_id, payment.instrument_hash
      from payment
      join tenant on tenant.id = payment.tenant_id
      where payment.instrument_hash is not null and payment.created_at >= ${since} and payment.created_at < ${end}
    `;
  }
  return tx`
    select user_id, encode(sha256(convert_to(phone, 'UTF8')), 'hex')
    from user_contact
    where phone is not null and user_id in (
      select owner_user_id from tenant
      union select ambassador_user_id from attribution
      union select author_user_id from review
    )
  `;
}

/** Owners, and the addresses or devices that keep visiting their listings. */
function regulars(tx: Tx, kind: 'ip' | 'visitor', { since, end }: Span) {
  const token = kind === 'ip' ? tx`ip_hash` : tx`visitor_hash`;
  return tx`
    with visited as (
      select tenant.owner_user_id, visit.ip_hash, visit.visitor_hash, count(*) as visits
      from listing_visit visit
      join listing on listing.id = visit.listing_id
      join tenant on tenant.id = listing.tenant_id
      where visit.at >= ${since} and visit.at < ${end}
      group by tenant.owner_user_id, visit.ip_hash, visit.visitor_hash
    ), crowd as (
      select ip_hash from visited group by ip_hash having count(distinct visitor_hash) > ${CROWD_DEVICES}
    )
    select owner_user_id, ${token}
    from visited
    where ${kind === 'ip' ? tx`not exists (select from crowd where crowd.ip_hash = visited.ip_hash)` : tx`true`}
    group by owner_user_id, ${token}
    having sum(visits) >= ${REGULAR_VISITS}
  `;
}
