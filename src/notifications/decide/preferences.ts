import type { Db, Tx } from '../../platform/postgres.ts';

/** When a user is to be left alone, in their zone; `HH:MM`. */
export interface NotificationSetting {
  readonly timeZone: string;
  readonly quietHours: { readonly from: string; readonly until: string } | null;
}

/** What a user said of one category by one channel. */
export interface Preference {
  readonly channel: string;
  readonly category: string;
  readonly enabled: boolean;
}

/** What the users said, by user id; who said nothing is missing from the map. */
export async function readPreferences(db: Db, userIds: readonly string[]): Promise<Map<string, Preference[]>> {
  const rows = await db<(Preference & { userId: string })[]>`
    select user_id as "userId", channel, category, enabled from notification_preference
    where user_id = any(${[...userIds]}::uuid[])
    order by user_id, category, channel
  `;
  const preferences = new Map<string, Preference[]>();
  for (const { userId, ...preference } of rows) {
    preferences.set(userId, [...(preferences.get(userId) ?? []), preference]);
  }
  return preferences;
}

/** Writes down what a user says of some categories; of the others the last word holds. */
export async function savePreferences(tx: Tx, userId: string, preferences: readonly Preference[]): Promise<void> {
  if (preferences.length === 0) return;
  await tx`
    insert into notification_preference (user_id, channel, category, enabled)
    select ${userId}, * from unnest(
      ${preferences.map(({ channel }) => channel)}::text[],
      ${preferences.map(({ category }) => category)}::text[],
      ${preferences.map(({ enabled }) => String(enabled))}::boolean[]
    )
    on conflict (user_id, channel, category) do update
    set enabled = excluded.enabled, updated_at = excluded.updated_at
  `;
}

/** The users' zones and quiet hours, by user id; who said nothing is missing from the map. */
export async function readSettings(db: Db, userIds: readonly string[]): Promise<Map<string, NotificationSetting>> {
  const rows = await db<{ userId: string; timeZone: string; from: string | null; until: string | null }[]>`
    select user_id as "userId", time_zone as "timeZone",
           to_char(quiet_from, 'HH24:MI') as "from", to_char(quiet_until, 'HH24:MI') as "until"
    from notification_setting
    where user_id = any(${[...userIds]}::uuid[])
  `;
  return new Map(rows.map(({ userId, timeZone, from, until }) => {
    const quietHours = from === null || until === null ? null : { from, until };
    return [userId, { timeZone, quietHours }];
  }));
}

/** Writes down a user's zone and quiet hours: the last word holds. */
export async function saveSetting(tx: Tx, userId: string, { timeZone, quietHours }: NotificationSetting): Promise<void> {
  await tx`
    insert into notification_setting (user_id, time_zone, quiet_from, quiet_until)
    values (${userId}, ${timeZone}, ${quietHours?.from ?? null}, ${quietHours?.until ?? null})
    on conflict (user_id) do update
    set time_zone = excluded.time_zone, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
        updated_at = excluded.updated_at
  `;
}
