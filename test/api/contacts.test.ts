import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { appDeps, signIn } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';

const nora = { name: 'Nora', email: 'nora@example.com', locale: 'es' };

test('a user says how they are reached, and the last word holds', async () => {
  const { sql } = await createDatabase();
  const userId = randomUUID();
  const { post } = await signIn(createApp(appDeps(sql)), { userId, roles: ['user'] });
  expect((await post('/users/me/contact', nora)).status).toBe(200);
  expect((await post('/users/me/contact', { ...nora, locale: 'en' })).status).toBe(200);
  expect(await sql`select user_id, locale from user_contact`).toEqual([{ user_id: userId, locale: 'en' }]);
});

test.for<[string, string]>([
  ['with a line break', 'a@b\r\nBcc: x@y'],
  ['with two names', '"a@evil x"@good.tld'],
  ['of 320 characters', `${'a'.repeat(315)}@x.es`],
  ['of 50,000 characters', `${'a'.repeat(50_000)}!`],
])('an address %s is refused without a row', async ([, email]) => {
  const { sql } = await createDatabase();
  const { post } = await signIn(createApp(appDeps(sql)), { roles: ['user'] });
  expect((await post('/users/me/contact', { ...nora, email })).status).toBe(422);
  expect(await sql`select from user_contact`).toHaveLength(0);
});
