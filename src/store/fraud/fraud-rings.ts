import { v7 as uuidv7 } from 'uuid';
import type { RingEvidence, Suspect } from '../../domain/fraud/fraud-case.ts';
import { isRing, knownAgain, type LinkKind, type Overlap, ringScore, WEAK_LINKS } from '../../domain/fraud/fraud-ring.ts';
import type { Tx } from '../../platform/postgres.ts';
import { earnings } from './fraud-earnings.ts';
import type { Night } from './fraud-links.ts';

const MOST_ROUNDS = 100;
const MEMBERS_SHOWN = 200;

/** Users that belong together, by the lowest of their ids. */
interface Found extends RingEvidence {
  readonly root: string;
  readonly isCardOnly: boolean;
}

/**
 * The rings of a day, by its links: users joined by whatever chain of links. Each has the id of the ring it was when it
 * was found before, also when it has grown or shrunk.
 */
export async function findRings(tx: Tx, night: Night): Promise<readonly Suspect[]> {
  await openUsers(tx, night);
  await joinUsers(tx);
  const rings = (await describe(tx, night.day)).flatMap(({ root, isCardOnly, ...evidence }) => {
    const ring = { ...evidence, isCardOnly, kinds: Object.keys(evidence.links) as LinkKind[] };
    return isRing(ring) ? [{ root, evidence, score: ringScore(ring) }] : [];
  });
  const known = knownAgain(await overlaps(tx, rings.map(({ root }) => root)));
  const named = rings.map(({ root, ...ring }) => ({ ...ring, root, subjectId: known.get(root) ?? uuidv7() }));
  await saveMembers(tx, named);
  return named.map(({ root: _, ...suspect }) => suspect);
}

/** Everybody who is linked to somebody, and who earns from a tenant of their own; each by themselves yet. */
async function openUsers(tx: Tx, { day, end }: Night): Promise<void> {
  await tx`create temp table ring_earning on commit drop as ${earnings(tx, { day, end })}`;
  await tx`create index on ring_earning (ambassador_user_id, owner_user_id)`;
  await tx`analyze ring_earning`;
  await tx`create temp table ring_edge (user_id uuid not null, other_user_id uuid not null) on commit drop`;
  await tx`create temp table ring_user (user_id uuid not null primary key, root uuid not null) on commit drop`;
  await tx`
    insert into ring_edge (user_id, other_user_id)
    select user_id, other_user_id
    from fraud_link
    where day = ${day}
    group by user_id, other_user_id
    having bool_or(kind = 'phone') or max(shared) filter (where kind in ('ip', 'visitor')) >= ${WEAK_LINKS}
        or bool_or(kind = 'instrument') and (not ${sharesCardWithThird(tx, day)} or ${earnsFromOther(tx)})
    union
    select ambassador_user_id, owner_user_id from ring_earning where is_own and ambassador_user_id <> owner_user_id
    union
    select owner_user_id, ambassador_user_id from ring_earning where is_own and ambassador_user_id <> owner_user_id
  `;
  await tx`
    insert into ring_user (user_id, root)
    select user_id, user_id from (
      select user_id from ring_edge
      union
      select ambassador_user_id from ring_earning where is_own
    ) as concerned
  `;
  await tx`analyze ring_edge, ring_user`;
}

/** Returns whether somebody else shares cards with both of a pair: three clients of a bookkeeper do. */
const sharesCardWithThird = (tx: Tx, day: string) => tx`exists (
  select from fraud_link one
  join fraud_link other on other.day = one.day and other.kind = one.kind and other.user_id = one.other_user_id
  where one.day = ${day} and one.kind = 'instrument' and one.user_id = fraud_link.user_id
    and other.other_user_id = fraud_link.other_user_id
)`;

const earnsFromOther = (tx: Tx) => tx`exists (
  select from ring_earning
  where (ambassador_user_id, owner_user_id) in (
    (fraud_link.user_id, fraud_link.other_user_id), (fraud_link.other_user_id, fraud_link.user_id)
  )
)`;

/**
 * Gives whoever is joined by edges the same root. In each round a root takes the lowest root next to any of its users,
 * and then everybody takes their root's root, which halves chains. It ends, for every round but the last lowers somebody's
 * root, and there are only so many users below it; a chain of a hundred thousand takes eighteen rounds.
 */
async function joinUsers(tx: Tx): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const hooked = await tx`
      with lower as (
        select distinct on (mine.root) mine.root as user_id, theirs.root
        from ring_edge edge
        join ring_user mine   on mine.user_id   = edge.user_id
        join ring_user theirs on theirs.user_id = edge.other_user_id
        where theirs.root < mine.root
        order by mine.root, theirs.root
      )
      update ring_user set root = lower.root
      from lower where lower.user_id = ring_user.user_id and lower.root < ring_user.root
    `;
    const halved = await tx`
      update ring_user set root = parent.root
      from ring_user parent where parent.user_id = ring_user.root and parent.root < ring_user.root
    `;
    if (hooked.count + halved.count === 0) return;
  }
  throw new Error(`users are not joined after ${MOST_ROUNDS} rounds`);
}

/** What each group of users is: how many they are, what they share, and which subjects. */
function describe(tx: Tx, day: string): Promise<Found[]> {
  return tx<Found[]>`
    with shown as (${members(tx)}),
    linked as (
      select mine.root, link.kind, count(*) as pairs,
             bool_and(link.kind = 'instrument' or link.kind in ('ip', 'visitor') and link.shared < ${WEAK_LINKS}) as is_weak
      from fraud_link link
      join ring_user mine   on mine.user_id   = link.user_id
      join ring_user theirs on theirs.user_id = link.other_user_id and theirs.root = mine.root
      where link.day = ${day} and link.user_id < link.other_user_id
      group by mine.root, link.kind
    ), links as (
      select root, jsonb_object_agg(kind, pairs) as links, bool_and(is_weak) as is_weak from linked group by root
    ), self_dealing as (
      select distinct owner.root
      from ring_earning earning
      join ring_user ambassador on ambassador.user_id = earning.ambassador_user_id
      join ring_user owner      on owner.user_id      = earning.owner_user_id and owner.root = ambassador.root
    ), counted as (
      select root, count(*)::integer as users from ring_user group by root
    )
    select root, users, self_dealing.root is not null as "isSelfDealing", coalesce(links, '{}') as links,
           coalesce(members, '[]') as members, coalesce(is_weak, true) as "isCardOnly"
    from counted
    left join self_dealing using (root)
    left join links using (root)
    left join shown using (root)
    order by root
  `;
}

/** The subjects that each group's users are, as many as an operator will look at. */
const members = (tx: Tx) => tx`
  with member as (
    select root, 'tenant' as subject, tenant.id from ring_user join tenant on tenant.owner_user_id = user_id
    union
    select root, 'ambassador', user_id from ring_user join attribution on ambassador_user_id = user_id
    union
    select root, 'reviewer', user_id from ring_user join review on author_user_id = user_id
  ), numbered as (
    select *, row_number() over (partition by root order by subject, id) as place from member
  )
  select root, jsonb_agg(jsonb_build_object('subject', subject, 'id', id) order by place) as members
  from numbered
  where place <= ${MEMBERS_SHOWN}
  group by root
`;

function overlaps(tx: Tx, roots: readonly string[]): Promise<Overlap[]> {
  return tx<Overlap[]>`
    select root as found, ring_id as "ringId", count(*)::integer as users
    from ring_user
    join fraud_ring_member using (user_id)
    where root = any(${roots}::uuid[])
    group by root, ring_id
  `;
}

async function saveMembers(tx: Tx, rings: readonly { readonly root: string; readonly subjectId: string }[]): Promise<void> {
  await tx`
    insert into fraud_ring_member (ring_id, user_id)
    select ring.id, ring_user.user_id
    from unnest(
      ${rings.map(({ root }) => root)}::uuid[],
      ${rings.map(({ subjectId }) => subjectId)}::uuid[]
    ) as ring (root, id)
    join ring_user using (root)
    on conflict do nothing
  `;
}
