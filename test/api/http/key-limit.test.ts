import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { openKeyLimit } from '../../../src/api/http/key-limit.ts';
import { appDeps, contact, signIn, tenantBody } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

describe('the bound on stored keys', () => {
  const PER_DAY = 5;

  async function bounded() {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql, { keyLimit: openKeyLimit(PER_DAY) }));
    const user = await signIn(app);
    const save = (key = randomUUID()) => user.post('/users/me/contact', contact, key);
    const stored = async () => (await sql`select from idempotency_key`).length;
    return { sql, app, user, save, stored };
  }

  test.each([1, 20])('refuses one user’s next key with 429, %i at once, and keeps nothing of it', async (atOnce) => {
    const { save, stored } = await bounded();
    const answers: Response[] = [];
    while (answers.length < 20) answers.push(...(await Promise.all(Array.from({ length: atOnce }, () => save()))));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array<number>(PER_DAY).fill(200), ...Array<number>(15).fill(429)]);
    expect(await stored()).toBe(PER_DAY);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('Retry-After')).toBe('3600');
  });

  test('holds on every route together, also for what only adds rows', async () => {
    const { user, save, stored } = await bounded();
    for (let count = 0; count < 3; count += 1) await user.post('/tenants', tenantBody);
    for (let count = 0; count < 2; count += 1) await save();
    expect((await user.post('/tenants', tenantBody)).status).toBe(429);
    expect((await save()).status).toBe(429);
    expect(await stored()).toBe(PER_DAY);
  });

  test('lets repetitions have their first answer, and other users write', async () => {
    const { app, user, save } = await bounded();
    const [changed, created] = [randomUUID(), randomUUID()];
    await save(changed);
    await user.post('/tenants', tenantBody, created);
    for (let count = 0; count < PER_DAY; count += 1) await save();
    const again = [await save(changed), await user.post('/tenants', tenantBody, created)];
    expect(again.map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual(['true', 'true']);
    const other = await signIn(app);
    expect((await other.post('/users/me/contact', contact)).status).toBe(200);
  });

  test('counts what other processes stored, and only what is of the last day', async () => {
    const { sql, user, save } = await bounded();
    await sql`
      insert into idempotency_key (subject, route, key, fingerprint, status, answer, created_at)
      select ${user.userId}, 'r', n::text, 'f', 200, '{}', now() - n * interval '6 hours'
      from generate_series(1, 7) as n
    `; // three of them within 24 hours
    expect([(await save()).status, (await save()).status, (await save()).status]).toEqual([200, 200, 429]);
  });

  test('is not for the front end, which writes for everybody', async () => {
    const { app, sql } = await bounded();
    const frontend = await signIn(app, { roles: ['user', 'frontend'] });
    for (let count = 0; count <= PER_DAY; count += 1) {
      expect((await frontend.post('/users/me/contact', contact)).status).toBe(200);
    }
    expect(await sql`select from idempotency_key`).toHaveLength(PER_DAY + 1);
  });
});
