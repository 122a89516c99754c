import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { changeContact } from '../../../src/domain/tenants/contact.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { confirmAddress, findOwnContact, saveOwnContact } from '../../../src/store/tenants/contacts.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';

/** People who name addresses that nobody confirmed. */
async function open() {
  const world = await openNotifying();
  const { sql } = world;
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  return {
    ...world,
    /** Saves a contact as the API does; returns the id of the confirmation. */
    async say(userId: string, email: string): Promise<string> {
      const author = { userId, confirmationId: randomUUID(), verified: {} };
      const contact = { name: 'https://evil.example', email, locale: 'en' } as const;
      const decision = changeContact(await findOwnContact(sql, userId), contact, author, new Date());
      await transaction(sql, async (tx) => {
        for (const statement of saveOwnContact(tx, { userId, contact }, decision)) await statement;
      });
      await world.commit(...decision.events);
      return author.confirmationId;
    },
    openTicket: (customerUserId: string) => world.commit(ticketOpened(tenant, { customerUserId })),
    mailsTo: (email: string) => world.mailbox.messages.filter(({ to }) => to.includes(email)),
  };
}

test('an unconfirmed address gets the request to confirm and nothing else, until it is confirmed', async () => {
  const world = await open();
  const userId = randomUUID();
  world.start();
  const id = await world.say(userId, 'nora@example.com');
  await world.openTicket(userId);
  await world.settle();
  const [request, ...others] = world.mailsTo('nora@example.com');
  expect(others).toEqual([]);
  expect(request?.text).toContain(`https://api.techmarket.example/contacts/${id}/token`);
  expect(request?.text).toContain('042917');
  expect([request?.text, request?.html, request?.subject].join(' ')).not.toContain('evil.example');
  const decisions = await world.sql`select rule, verdict, detail from notification_decision where channel = 'email'`;
  expect(decisions).toEqual([{ rule: 'reach', verdict: 'suppressed', detail: 'no confirmed address' }]);
  expect(await world.sql`select from notification where payload::text like '%042917%'`).toHaveLength(0);

  await transaction(world.sql, (tx) => confirmAddress(tx, id));
  await world.openTicket(userId);
  await world.settle();
  expect(world.mailsTo('nora@example.com').map(({ subject }) => subject)).toEqual([
    'Confirm your email', expect.stringContaining('No hay agua'),
  ]);
  expect(await world.deadLetters()).toEqual([]);
});

test('a new address gets the request while the confirmed one goes on getting the mail', async () => {
  const world = await open();
  const userId = await world.person({ email: 'old@example.com', locale: 'en' });
  world.start();
  await world.say(userId, 'new@example.com');
  await world.openTicket(userId);
  await world.settle();
  expect(world.mailsTo('new@example.com').map(({ subject }) => subject)).toEqual(['Confirm your email']);
  expect(world.mailsTo('old@example.com')).toHaveLength(1);
});

test('one address is asked three times a day, whoever names it', async () => {
  const world = await open();
  world.start();
  for (let person = 0; person < 6; person += 1) await world.say(randomUUID(), 'victim@example.com');
  await world.settle();
  expect(world.mailsTo('victim@example.com')).toHaveLength(3);
  const decisions = await world.sql`select detail from notification_decision where rule = 'reach'`;
  expect(decisions.map(({ detail }) => String(detail))).toEqual(Array(3).fill('the address was asked already'));
  expect(await world.deadLetters()).toEqual([]);
});

test('an address that one person names many times at once is asked once', async () => {
  const world = await open();
  const userId = randomUUID();
  // Requests that arrive together find no contact, and each asks.
  for (let copy = 0; copy < 5; copy += 1) {
    await world.say(userId, 'nora@example.com');
    await world.sql`update contact_confirmation set expires_at = now()`;
  }
  await world.sql`update contact_confirmation set expires_at = now() + interval '1 day'`;
  world.start();
  await world.settle();
  expect(world.mailsTo('nora@example.com')).toHaveLength(1);
  expect(await world.sql`select from notification where template = 'email-confirmation'`).toHaveLength(1);
});
