import { z } from '@hono/zod-openapi';
import { channelParts, type Channel } from '../../notifications/templates/template-contract.ts';
import type { Db } from '../../platform/postgres.ts';
import { readPreferences, readSettings, savePreferences, saveSetting } from '../../notifications/decide/preferences.ts';
import { templateContracts } from '../../../templates/index.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { code, timeZone } from '../http/fields.ts';
import { assertTimeZone } from '../http/time-zones.ts';
import { unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const MAX_CHOICES = 100;

const channelName = z.enum(Object.keys(channelParts) as [Channel, ...Channel[]]);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 22:00');
const quietHours = z
  .strictObject({ from: clock, until: clock })
  .refine(({ from, until }) => from !== until, { message: 'must not end when they begin', path: ['until'] });

const view = z
  .object({
    timeZone: z.string().nullable(),
    quietHours: quietHours.nullable(),
    categories: z.array(z.object({
      category: z.string(),
      channels: z.array(z.object({ channel: channelName, enabled: z.boolean() })),
      /** What comes all the same: the law, or the user's own interest, asks for it. */
      always: z.array(z.string()),
    })),
  })
  .openapi('NotificationPreferences');

const read = readRoute({
  path: '/users/me/preferences',
  id: 'getPreferences',
  summary: 'Get the caller’s preferences',
  description: 'Channels by category, and quiet hours.',
  params: none,
  query: none,
  answer: view,
});

const save = writeRoute({
  path: '/users/me/preferences',
  id: 'savePreferences',
  summary: 'Save the caller’s preferences',
  description: 'At most 100 choices at once. What is not named stays as it is.',
  params: none,
  body: z.strictObject({
    timeZone: timeZone.optional(),
    quietHours: quietHours.nullable().optional(),
    channels: z
      .array(z.strictObject({ category: code, channel: channelName, enabled: z.boolean() }))
      .max(MAX_CHOICES)
      .default([]),
  }),
  status: 200,
  answer: view,
});

/** What users want to be told. */
export function preferenceRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(read, async (c) => c.json(await viewOf(deps.sql, c.get('caller').userId), 200));

  api.openapi(save, async (c) => {
    const { channels, ...times } = c.req.valid('json');
    if (times.timeZone !== undefined) await assertTimeZone(deps.sql, times.timeZone);
    for (const [index, { category, channel }] of channels.entries()) {
      const known = categories.find((one) => one.category === category);
      if (known === undefined) throw unprocessable(`/channels/${index}/category`, 'is not a known category');
      if (!known.channels.includes(channel))
        throw unprocessable(`/channels/${index}/channel`, 'has no notifications of this category');
    }
    return command(c, deps, async ({ tx, caller: { userId } }) => {
      const before = (await readSettings(tx, [userId])).get(userId);
      const zone = times.timeZone ?? before?.timeZone;
      const quiet = times.quietHours === undefined ? (before?.quietHours ?? null) : times.quietHours;
      if (quiet !== null && zone === undefined) throw unprocessable('/timeZone', 'is required for quiet hours');
      if (zone !== undefined) await saveSetting(tx, userId, { timeZone: zone, quietHours: quiet });
      await savePreferences(tx, userId, channels);
      return { status: 200, body: await viewOf(tx, userId) };
    });
  });
}

/** Every category, its channels, and what of it comes all the same. A digest speaks for its pieces' category. */
const categories = [...Map.groupBy(templateContracts, ({ category }) => category)]
  .filter(([category]) => category !== 'digest')
  .map(([category, templates]) => ({
    category,
    channels: (Object.keys(channelParts) as Channel[]).filter((channel) => templates.some(({ channels }) => channels.includes(channel))),
    always: templates.filter(({ importance }) => importance === 'legal' || importance === 'critical').map(({ name }) => name),
  }))
  .sort((one, other) => (one.category < other.category ? -1 : 1));

async function viewOf(db: Db, userId: string): Promise<z.infer<typeof view>> {
  const setting = (await readSettings(db, [userId])).get(userId);
  const said = (await readPreferences(db, [userId])).get(userId) ?? [];
  const isOn = (category: string, channel: string) =>
    said.find((one) => one.category === category && one.channel === channel)?.enabled ?? true;
  return {
    timeZone: setting?.timeZone ?? null,
    quietHours: setting?.quietHours ?? null,
    categories: categories.map(({ category, channels, always }) => ({
      category, always, channels: channels.map((channel) => ({ channel, enabled: isOn(category, channel) })),
    })),
  };
}
