import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { claimKey, forgetKeys } from '../../../src/store/operations/idempotency-keys.ts';
import {
  appDeps, evidence, json, signIn, tenantBody, ticketBody, untouchable, verifiedTenant,
} from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

describe('an Idempotency-Key', () => {
  test('gives the same bytes the second time, and writes and wakes once', async () => {
    const { sql } = await createDatabase();
    let wakes = 0;
    const app = createApp(appDeps(sql, { wake: () => (wakes += 1) }));
    const user = await signIn(app);
    const key = randomUUID();
    const first = await user.post('/tenants', tenantBody, key);
    const second = await user.post('/tenants', tenantBody, key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await second.text()).toBe(await first.text());
    expect([first, second].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual([null, 'true']);
    expect(await sql`select count(*)::integer as tenants from tenant`).toEqual([{ tenants: 1 }]);
    expect(await sql`select count(*)::integer as events from outbox_event`).toEqual([{ events: 1 }]);
    expect(wakes).toBe(1);
  });

  test('used for another body or another path is answered with 422', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const [user, operator] = [await signIn(app), await signIn(app, { roles: ['backoffice:write'] })];
    const key = randomUUID();
    const { id } = await json(await user.post('/tenants', tenantBody, key));
    expect((await user.post('/tenants', { ...tenantBody, name: 'Otro' }, key)).status).toBe(422);

    const body = { evidence: { kind: 'deed', reference: '1' } };
    const { id: other } = await json(await user.post('/tenants', tenantBody));
    expect((await operator.post(`/tenants/${id}/verify`, body, key)).status).toBe(200);
    expect((await operator.post(`/tenants/${other}/verify`, body, key)).status).toBe(422);
  });

  test('of another user, or of the same for another tenant, is another key', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const key = randomUUID();
    const userId = randomUUID();
    const clients = [
      await signIn(app, { userId }),
      await signIn(app, { userId, roles: ['user', 'tenant'], tenantId: randomUUID() }),
      await signIn(app),
    ];
    for (const client of clients) expect((await client.post('/tenants', tenantBody, key)).status).toBe(201);
    expect(await sql`select count(*)::integer as tenants from tenant`).toEqual([{ tenants: 3 }]);
  });

  test('sent 50 times at once makes one row; every answer is the same or 409', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => user.post('/tenants', tenantBody, key)));
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(await Promise.all(created.map((answer) => answer.text()))).size).toBe(1);
    expect(created.filter(({ headers }) => headers.get('Idempotency-Replayed') === null)).toHaveLength(1);
    expect(await sql`select count(*)::integer as tenants from tenant`).toEqual([{ tenants: 1 }]);
  });

  test('is answered with 409 while its first request is running', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const key = randomUUID();
    const scope = { subject: user.userId, route: 'POST /tenants', key };
    const held = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const running = transaction(sql, async (tx) => {
      await claimKey(tx, scope);
      held.resolve();
      await done.promise;
    });
    await held.promise;
    const answer = await user.post('/tenants', tenantBody, key);
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([409, '1']);
    done.resolve();
    await running;
    expect((await user.post('/tenants', tenantBody, key)).status).toBe(201);
  });

  test('of a change is answered with 409 while its first request is running', async () => {
    const { sql } = await createDatabase();
    const operator = await signIn(createApp(appDeps(sql)), { roles: ['backoffice:write'] });
    const key = randomUUID();
    const scope = { subject: operator.userId, route: 'POST /tenants/:id/verify', key };
    await transaction(sql, async (tx) => {
      await claimKey(tx, scope);
      const answer = await operator.post(`/tenants/${randomUUID()}/verify`, evidence, key);
      expect([answer.status, answer.headers.get('Retry-After')]).toEqual([409, '1']);
    });
  });

  test('gets the first answer, even when what was asked for is not allowed any more', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId } = await verifiedTenant(app);
    const customer = await signIn(app);
    const key = randomUUID();
    const first = await customer.post('/tickets', ticketBody(tenantId), key);
    await sql`
      update tenant
      set status = 'unverified', evidence_kind = null, evidence_reference = null, verified_by = null, verified_at = null
    `;
    expect((await customer.post('/tickets', ticketBody(tenantId))).status).toBe(409);
    const second = await customer.post('/tickets', ticketBody(tenantId), key);
    expect([second.status, await second.text()]).toEqual([201, await first.text()]);
  });

  test('of a request that failed may be used again', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const key = randomUUID();
    const body = { eventIds: [randomUUID()] };
    expect((await operator.post('/backoffice/events/retry', body, key)).status).toBe(404);
    expect((await operator.post('/backoffice/events/retry', { eventIds: [randomUUID()] }, key)).status).toBe(404);
    expect(await sql`select 1 from idempotency_key`).toHaveLength(0);
  });

  test('of a request whose last statement fails is not kept, nor is anything else of the request', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    await sql`alter table user_contact add constraint nobody check (false)`;
    const key = randomUUID();
    expect((await user.post('/tenants', tenantBody, key)).status).toBe(500);
    for (const table of ['tenant', 'outbox_event', 'idempotency_key']) {
      expect([table, await sql`select from ${sql(table)}`]).toEqual([table, []]);
    }
    await sql`alter table user_contact drop constraint nobody`;
    expect((await user.post('/tenants', tenantBody, key)).status).toBe(201);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['is missing', ''],
    ['has 201 characters', 'k'.repeat(201)],
    ['has 10,000 characters', 'k'.repeat(10_000)],
    ['has a tab', 'a\tb'],
    ['has a letter that is not ASCII', 'ñ'],
  ];
  test.each(bad)('that %s is answered with 400', async (_how, key) => {
    const user = await signIn(createApp(appDeps(untouchable)));
    const answer = await user.post('/tenants', tenantBody, key);
    expect(answer.status).toBe(400);
    expect(await json(answer)).toMatchObject({ errors: [{ in: 'header', pointer: '/Idempotency-Key' }] });
  });

  test('is kept for a day at least', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const [old, young] = [randomUUID(), randomUUID()];
    await user.post('/tenants', tenantBody, old);
    await user.post('/tenants', tenantBody, young);
    await sql`
      update idempotency_key set created_at = now() - interval '49 hours'
      where created_at = (select min(created_at) from idempotency_key)
    `;
    await expect(forgetKeys(sql, 23, 10)).rejects.toThrow(RangeError);
    expect(await forgetKeys(sql, 48, 10)).toBe(1);
    expect((await user.post('/tenants', tenantBody, young)).headers.get('Idempotency-Replayed')).toBe('true');
    expect((await user.post('/tenants', tenantBody, old)).headers.get('Idempotency-Replayed')).toBeNull();
  });

  test('is kept as a digest of one size, and its neighbours are other keys', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const keys = ['k', 'K', 'k'.repeat(199), 'k'.repeat(200), `${'k'.repeat(199)}l`];
    for (const key of keys) {
      const first = await user.post('/tenants', tenantBody, key);
      const second = await user.post('/tenants', tenantBody, key);
      expect([first, second].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual([null, 'true']);
    }
    const stored = await sql<{ key: string }[]>`select key from idempotency_key`;
    expect(stored.map(({ key }) => key.length)).toEqual(keys.map(() => 22));
    expect(JSON.stringify(stored)).not.toContain('kkk');
  });

  test('that was stored as text is found by the same text after the migration', async () => {
    const { sql } = await createDatabase();
    const user = await signIn(createApp(appDeps(sql)));
    const key = 'ein Schlüssel'.replace('ü', 'ue') + '~'.repeat(180);
    const first = await user.post('/tenants', tenantBody, key);
    await sql`update idempotency_key set key = ${key}`;
    await sql.unsafe(await readFile(new URL('../../../migrations/0050_hashed_keys.sql', import.meta.url), 'utf8'));
    const second = await user.post('/tenants', tenantBody, key);
    expect([second.headers.get('Idempotency-Replayed'), await second.text()]).toEqual(['true', await first.text()]);
  });
});
