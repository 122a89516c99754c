import { lowestId } from '../../outbox/partitions.ts';
import type { Db } from '../../platform/postgres.ts';
import { outdated } from '../send/outdated.ts';

/** A notice that could not be addressed, of a user who has a contact now. */
export interface MissedPair {
  readonly eventId: string;
  readonly userId: string;
}

const DAYS_BACK = 30; // older news are of no use to anybody
const DAY_MS = 86_400_000;

/** Lists what users who have a contact now missed while they had none, oldest first. */
export async function listMissedPairs(db: Db, detail: string, limit: number): Promise<readonly MissedPair[]> {
  return db<MissedPair[]>`
    select distinct decision.event_id as "eventId", decision.user_id as "userId"
    from notification_decision decision
    join user_contact contact using (user_id)
    where decision.rule = 'reach' and decision.detail = ${detail}
      and decision.event_id >= ${lowestId(new Date(Date.now() - DAYS_BACK * DAY_MS))}
      and not exists (
        select from notification n where n.event_id = decision.event_id and n.user_id = decision.user_id
      )
    order by 1, 2
    limit ${limit}
  `;
}

/** Returns those events of which a template's notice is no longer true. */
export async function listOutdated(
  db: Db,
  notices: readonly { readonly eventId: string; readonly template: string }[],
): Promise<ReadonlySet<string>> {
  const rows = await db<{ eventId: string }[]>`
    select n.event_id as "eventId"
    from (
      select event_id, template, 'missed' as reason, 0 as attempts
      from unnest(${notices.map(({ eventId }) => eventId)}::uuid[], ${notices.map(({ template }) => template)}::text[]) as missed (event_id, template)
    ) n
    where ${outdated(db)} is not null
  `;
  return new Set(rows.map(({ eventId }) => eventId));
}
