import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { confirmationSecrets } from '../../../src/notifications/send/confirmation.ts';
import { appConfig, appDeps, json, signIn, ticketBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const nora = { name: 'Nora', email: 'nora@example.com', locale: 'es' };
const yes = { phone: '+5215512345678', optIn: true };

async function open(options: Parameters<typeof signIn>[1] = { email: null }) {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const person = await signIn(app, options);
  return {
    sql, app, person,
    confirmed: async () => {
      const [row] = await sql`select confirmed_email as email, confirmed_phone as phone from user_contact where user_id = ${person.userId}`;
      return row;
    },
    /** The secrets that the newest request sends to its address. */
    secrets: async () => {
      const [asked] = await sql<{ id: string }[]>`select id from contact_confirmation order by created_at desc limit 1`;
      return confirmationSecrets({ baseUrl: '', key: appConfig.HASH_KEY }, asked?.id ?? '');
    },
    asked: async () => (await sql`select payload_json as payload from outbox_event where event_type = 'ContactConfirmationRequested'`).length,
  };
}

test('a user says how they are reached, and the last word holds', async () => {
  const { sql, person } = await open();
  expect((await person.post('/users/me/contact', nora)).status).toBe(200);
  expect((await person.post('/users/me/contact', { ...nora, locale: 'en' })).status).toBe(200);
  expect(await sql`select user_id, locale from user_contact`).toEqual([{ user_id: person.userId, locale: 'en' }]);
});

test.for<[string, string]>([
  ['with a line break', 'a@b\r\nBcc: x@y'],
  ['with two names', '"a@evil x"@good.tld'],
  ['of 320 characters', `${'a'.repeat(315)}@x.es`],
  ['of 50,000 characters', `${'a'.repeat(50_000)}!`],
])('an address %s is refused without a row', async ([, email]) => {
  const { sql, person } = await open();
  expect((await person.post('/users/me/contact', { ...nora, email })).status).toBe(422);
  expect(await sql`select from user_contact`).toHaveLength(0);
});

describe('an address', () => {
  test('that the issuer verified is confirmed at once, and one that it did not verify is asked', async () => {
    const { person, confirmed, asked } = await open({ email: 'NORA@example.com' });
    expect(await json(await person.post('/users/me/contact', nora))).toEqual({ ...nora, confirmed: true });
    expect(await confirmed()).toMatchObject({ email: nora.email });
    const other = { ...nora, email: 'other@example.com' };
    expect(await json(await person.post('/users/me/contact', other))).toEqual({ ...other, confirmed: false });
    expect(await confirmed()).toMatchObject({ email: nora.email });
    expect(await asked()).toBe(1);
  });

  test('is asked once, however often it is named', async () => {
    const { app, person, asked } = await open();
    const { tenantId } = await verifiedTenant(app);
    for (let time = 0; time < 3; time += 1) await person.post('/users/me/contact', nora);
    await person.post('/tickets', { ...ticketBody(tenantId), contact: nora });
    expect(await asked()).toBe(1);
  });

  test('is confirmed by the code that it got, and by no other', async () => {
    const { person, confirmed, secrets } = await open();
    await person.post('/users/me/contact', nora);
    const { code } = await secrets();
    const wrong = code === '000000' ? '000001' : '000000';
    expect((await person.post('/users/me/contact/confirm', { code: wrong })).status).toBe(422);
    expect(await confirmed()).toMatchObject({ email: null });
    expect(await json(await person.post('/users/me/contact/confirm', { code }))).toEqual({ confirmed: 'email' });
    expect(await confirmed()).toMatchObject({ email: nora.email });
    expect((await person.post('/users/me/contact/confirm', { code })).status).toBe(422);
  });

  test('is not confirmed with somebody else’s code', async () => {
    const { app, person, secrets, confirmed } = await open();
    await person.post('/users/me/contact', nora);
    const { code } = await secrets();
    const thief = await signIn(app, { email: null });
    await thief.post('/users/me/contact', { ...nora, name: 'Thief' });
    expect((await thief.post('/users/me/contact/confirm', { code })).status).toBe(422);
    expect(await confirmed()).toMatchObject({ email: null });
  });

  test('is confirmed by the link’s button, while opening the link changes nothing', async () => {
    const { app, person, confirmed, secrets } = await open();
    await person.post('/users/me/contact', nora);
    const { link } = await secrets();
    const asked = await app.request(link);
    expect(await asked.text()).toContain(nora.email);
    expect(await confirmed()).toMatchObject({ email: null });
    expect((await app.request(link, { method: 'POST' })).status).toBe(200);
    expect(await confirmed()).toMatchObject({ email: nora.email });
    for (const method of ['GET', 'POST']) expect((await app.request(link, { method })).status).toBe(404);
  });

  test('that was replaced meanwhile is not confirmed by its old link', async () => {
    const { app, person, confirmed, secrets } = await open();
    await person.post('/users/me/contact', nora);
    const { link } = await secrets();
    await person.post('/users/me/contact', { ...nora, email: 'new@example.com' });
    expect((await app.request(link, { method: 'POST' })).status).toBe(404);
    expect(await confirmed()).toMatchObject({ email: null });
  });

  test.for(['wrong token', 'another id', 'no id'])('is not confirmed by a link that is made up (%s)', async (how) => {
    const { app, person, confirmed, secrets } = await open();
    await person.post('/users/me/contact', nora);
    const [, , id, token = ''] = (await secrets()).link.split('/');
    const link = {
      'wrong token': `/contacts/${id}/${token.replaceAll(/./g, '0')}`,
      'another id': `/contacts/${randomUUID()}/${token}`,
      'no id': `/contacts/x/${token}`,
    }[how] ?? '';
    for (const method of ['GET', 'POST']) expect((await app.request(link, { method })).status).toBe(404);
    expect(await confirmed()).toMatchObject({ email: null });
  });

  test('that others named three times today is confirmed by no code, for none was sent', async () => {
    const { app, person, secrets, confirmed } = await open();
    for (let other = 0; other < 3; other += 1) await (await signIn(app, { email: null })).post('/users/me/contact', nora);
    await person.post('/users/me/contact', nora);
    const { code } = await secrets();
    expect((await person.post('/users/me/contact/confirm', { code })).status).toBe(422);
    expect(await confirmed()).toMatchObject({ email: null });
  });

  test('asked a day ago is asked again, and its old code is worth nothing', async () => {
    const { sql, person, asked, secrets } = await open();
    await person.post('/users/me/contact', nora);
    const { code } = await secrets();
    await sql`update contact_confirmation set created_at = created_at - interval '1 day', expires_at = now()`;
    expect((await person.post('/users/me/contact/confirm', { code })).status).toBe(422);
    await person.post('/users/me/contact', nora);
    expect(await asked()).toBe(2);
  });
});

describe('a number', () => {
  test('is asked when its person says yes to WhatsApp, and confirmed by its code', async () => {
    const { person, confirmed, secrets, asked } = await open({ email: nora.email });
    await person.post('/users/me/contact', nora);
    expect(await json(await person.post('/users/me/whatsapp', { ...yes, optIn: false }))).toEqual({ ...yes, optIn: false, confirmed: false });
    expect(await asked()).toBe(0);
    expect(await json(await person.post('/users/me/whatsapp', yes))).toEqual({ ...yes, confirmed: false });
    expect(await asked()).toBe(1);
    const { code } = await secrets();
    expect(await json(await person.post('/users/me/contact/confirm', { code }))).toEqual({ confirmed: 'whatsapp' });
    expect(await confirmed()).toMatchObject({ phone: yes.phone });
  });
});

describe('bounds', () => {
  test('on changes and on codes answer 429 with the time to wait', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql, { config: { ...appConfig, BOUNDS: { contacts: 3, codes: 2 } } }));
    const person = await signIn(app, { email: null });
    const say = (index: number) => person.post('/users/me/contact', { ...nora, email: `nora${index}@example.com` });
    const answers = [await say(1), await say(1), await say(2), await say(3), await say(4)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    expect(Number(answers[4]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await sql`select email from user_contact`).toEqual([{ email: 'nora3@example.com' }]);
    const tries = [];
    for (let time = 0; time < 3; time += 1) tries.push((await person.post('/users/me/contact/confirm', { code: '000000' })).status);
    expect(tries).toEqual([422, 422, 429]);
  });
});
