import { v7 as uuidv7 } from 'uuid';
import type { RingEvidence, Suspect } from '../domain/fraud-case.ts';
import { isRing, knownAgain, type LinkKind, type Overlap, ringScore, WEAK_LINKS } from '../domain/fraud-ring.ts';
import type { Tx } from '../platform/postgres.ts';

const MOST_ROUNDS = 100;
const MEMBERS_SHOWN = 200;

/** Users that belong together, by the lowest of their ids. */
interface Found extends RingEvidence {
  readonly root: string;
}

/**
 * The rings of a day, by its links: users joined by whatever chain of links. Each has the id of the ring it was when it
 * was found before, also when it has grown or shrunk.
 */
export async function findRings(tx: Tx, day: string): Promise<readonly Suspect[]> {
  await openUsers(tx, day);
  await joinUsers(tx);
  const rings = (await describe(tx, day)).flatMap(({ root, ...evidence }) => {
    const ring = { ...evidence, kinds: Object.keys(evidence.links) as LinkKind[] };
    return isRing(ring) ? [{ root, evidence, score: ringScore(ring) }] : [];
  });
  const known = knownAgain(await overlaps(tx, rings.map(({ root }) => root)));
  const named = rings.map(({ root, ...ring }) => ({ ...ring, root, subjectId: known.get(root) ?? uuidv7() }));
  await saveMembers(tx, named);
  return named.map(({ root: _, ...suspect }) => suspect);
}

/** Everybody who is linked to somebody, and who earns from a tenant of their own; each by themselves yet. */
async function openUsers(tx: Tx, day: string): Promise<void> {
  await tx`create temp table ring_edge (user_id uuid not null, other_user_id uuid not null) on commit drop`;
  await tx`create temp table ring_user (user_id uuid not null primary key, root uuid not null) on commit drop`;
  await tx`
    insert into ring_edge (user_id, other_user_id)
    select user_id, other_user_id
    from fraud_link
    where day = ${day}
    group by user_id, other_user_id
    having bool_or(kind in ('instrument', 'phone')) or max(shared) filter (where kind in ('ip', 'visitor')) >= ${WEAK_LINKS}
  `;
  await tx`
    insert into ring_user (user_id, root)
    select user_id, user_id from (
      select user_id from ring_edge
      union
      select tenant.owner_user_id
      from attribution
      join tenant on tenant.id = attribution.tenant_id and tenant.owner_user_id = attribution.ambassador_user_id
      where daterange(starts_on, ends_on, '[]') @> ${day}::date
    ) as concerned
  `;
  await tx`analyze ring_edge, ring_user`;
}

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
      select mine.root, link.kind, count(*) as pairs
      from fraud_link link
      join ring_user mine   on mine.user_id   = link.user_id
      join ring_user theirs on theirs.user_id = link.other_user_id and theirs.root = mine.root
      where link.day = ${day} and link.user_id < link.other_user_id
      group by mine.root, link.kind
    ), links as (
      select root, jsonb_object_agg(kind, pairs) as links from linked group by root
    ), self_dealing as (
      select distinct owner.root
      from attribution
      join tenant               on tenant.id          = attribution.tenant_id
      join ring_user ambassador on ambassador.user_id = attribution.ambassador_user_id
      join ring_user owner      on owner.user_id      = tenant.owner_user_id and owner.root = ambassador.root
      where daterange(starts_on, ends_on, '[]') @> ${day}::date
    ), counted as (
      select root, count(*)::integer as users from ring_user group by root
    )
    select root, users, self_dealing.root is not null as "isSelfDealing", coalesce(links, '{}') as links,
           coalesce(members, '[]') as members
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
