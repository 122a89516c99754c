import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

interface Row {
  readonly channel?: string;
  readonly status?: string;
}

/** Puts a notification into a user's inbox, as the consumer that makes them does. */
async function deliver(sql: Sql, userId: string, row: Row = {}): Promise<string> {
  const { channel = 'inbox', status = 'delivered' } = row;
  const id = uuidv7();
  await sql`
    insert into notification (
      id, event_id, user_id, channel, template, template_version, locale, payload, body, status
    )
    values (${id}, ${uuidv7()}, ${userId}, ${channel}, 'ticket-created', 1, 'es', '{}', 'Hay un ticket.', ${status})
  `;
  return id;
}

async function readAts(sql: Sql): Promise<Record<string, Date | null>> {
  const rows = await sql<{ id: string; readAt: Date | null }[]>`select id, read_at as "readAt" from notification`;
  return Object.fromEntries(rows.map(({ id, readAt }) => [id, readAt]));
}

describe('the inbox', () => {
  test('shows the caller’s own notifications page by page, newest first, and how many are unread', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) ids.unshift(await deliver(sql, user.userId));
    await deliver(sql, randomUUID());
    await deliver(sql, user.userId, { channel: 'email', status: 'sent' });
    await deliver(sql, user.userId, { status: 'failed' });

    const seen: string[] = [];
    let next = '';
    do {
      const page = await json(await user.get(`/notifications/me?limit=2${next}`));
      seen.push(...(page['notifications'] as { id: string }[]).map(({ id }) => id));
      expect(page['unread']).toBe(5);
      next = page['nextCursor'] === null ? '' : `&cursor=${String(page['nextCursor'])}`;
    } while (next !== '');
    expect(seen).toEqual(ids);
  });

  test('refuses a cursor that was changed, and one of another user', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const [user, other] = [await signIn(app), await signIn(app)];
    await deliver(sql, user.userId);
    await deliver(sql, user.userId);
    const cursor = String((await json(await user.get('/notifications/me?limit=1')))['nextCursor']);
    const changed = `${cursor.slice(0, -3)}${cursor.at(-3) === 'A' ? 'B' : 'A'}${cursor.slice(-2)}`;
    expect((await user.get(`/notifications/me?limit=1&cursor=${cursor}`)).status).toBe(200);
    expect((await user.get(`/notifications/me?limit=1&cursor=${changed}`)).status).toBe(400);
    expect((await other.get(`/notifications/me?limit=1&cursor=${cursor}`)).status).toBe(400);
  });
});

describe('marking read', () => {
  test('by ids touches own rows only', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const own = await deliver(sql, user.userId);
    const left = await deliver(sql, user.userId);
    const foreign = await deliver(sql, randomUUID());
    const answer = await user.post('/notifications/read', { ids: [own, foreign, randomUUID()] });
    expect(await json(answer)).toEqual({ read: 1, unread: 1 });
    expect(await readAts(sql)).toEqual({ [own]: expect.any(Date), [left]: null, [foreign]: null });
  });

  test('twice leaves the time of the first', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const ids = [await deliver(sql, user.userId)];
    await user.post('/notifications/read', { ids });
    const first = await readAts(sql);
    const again = await user.post('/notifications/read', { ids });
    expect([again.status, await json(again)]).toEqual([200, { read: 0, unread: 0 }]);
    expect(await readAts(sql)).toEqual(first);
  });

  test('up to one marks it and all before it', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const oldest = await deliver(sql, user.userId);
    const middle = await deliver(sql, user.userId);
    const newest = await deliver(sql, user.userId);
    const foreign = await deliver(sql, randomUUID());
    expect(await json(await user.post('/notifications/read', { upTo: middle }))).toEqual({ read: 2, unread: 1 });
    const read = expect.any(Date) as Date;
    expect(await readAts(sql)).toEqual({ [oldest]: read, [middle]: read, [newest]: null, [foreign]: null });
    expect((await user.post('/notifications/read', { upTo: foreign })).status).toBe(404);
  });

  const many = (count: number) => Array.from({ length: count }, () => uuidv7());
  test.each([
    ['no ids', { ids: [] }, 422],
    ['501 ids', { ids: many(501) }, 422],
    ['100,000 ids', { ids: many(100_000) }, 413],
    ['what is no id', { ids: ['1'] }, 422],
    ['ids and a bound', { ids: many(1), upTo: uuidv7() }, 422],
    ['nothing', {}, 422],
  ])('with %s is refused', async (_what, body, status) => {
    const user = await signIn(createApp(appDeps(untouchable)));
    expect((await user.post('/notifications/read', body)).status).toBe(status);
  });
});
