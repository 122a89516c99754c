import type { Db } from '../../platform/postgres.ts';

/** What a rule had to say about one user, one event and one channel. */
export interface NewDecision {
  readonly eventId: string;
  readonly userId: string;
  readonly channel: string;
  readonly rule: string;
  readonly verdict: string;
  readonly detail?: string | undefined;
}

/** Puts decisions on record. */
export async function insertDecisions(db: Db, decisions: readonly NewDecision[]): Promise<void> {
  if (decisions.length === 0) return;
  await db`
    insert into notification_decision (event_id, user_id, channel, rule, verdict, detail)
    select * from unnest(
      ${decisions.map(({ eventId }) => eventId)}::uuid[],
      ${decisions.map(({ userId }) => userId)}::uuid[],
      ${decisions.map(({ channel }) => channel)}::text[],
      ${decisions.map(({ rule }) => rule)}::text[],
      ${decisions.map(({ verdict }) => verdict)}::text[],
      ${decisions.map(({ detail }) => detail ?? null)}::text[]
    )
  `;
}
