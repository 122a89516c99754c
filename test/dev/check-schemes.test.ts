import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkClicks } from '../../dev/story/dishonest/clicks.ts';
import { checkFlood } from '../../dev/story/dishonest/flood.ts';
import { checkInsiders } from '../../dev/story/dishonest/insiders.ts';
import { checkMail } from '../../dev/story/dishonest/mail-thief.ts';
import { checkPraise } from '../../dev/story/dishonest/own-shop.ts';
import { checkPayers } from '../../dev/story/dishonest/payers.ts';
import { castOne } from '../../dev/story/dishonest/scene.ts';
import { checkStraws } from '../../dev/story/dishonest/straws.ts';
import type { ReadableMail } from '../../dev/sandbox/mailbox.ts';
import { recalculateRanking } from '../../src/jobs/recalculate-ranking.ts';
import { openBilling } from '../support/billing.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';
import { plant } from '../support/ranking.ts';

const slot = new Date('2026-06-10T18:00:00Z');

test('a bought click that is owed is a gain, and so is an honest one that is not owed', async () => {
  const { sql, tenant, charge } = await openBilling();
  const tenantId = await tenant();
  const honest = await charge(tenantId, '2026-06-01T12:00:00Z', { kind: 'whatsapp-click', minor: 450 });
  const bought = await charge(tenantId, '2026-06-09T12:00:00Z', { kind: 'whatsapp-click', minor: 450 });
  const held = await charge(tenantId, '2026-06-09T13:00:00Z', { kind: 'whatsapp-click', minor: 450 });
  await sql`update performance_charge set struck_at = ${slot}, struck_reason = 'click velocity' where id = ${bought}`;
  await sql`update performance_charge set held_until = 'infinity', hold_reason = 'address' where id = ${held}`;
  const facts = { tenantId, since: new Date('2026-06-09T06:00:00Z'), until: new Date('2026-06-10T06:00:00Z'), sent: 500, honest: 1 };
  expect(await checkClicks(sql, facts)).toEqual({ figure: 'bought clicks', compared: 500, differences: 0 });
  expect(await checkClicks(sql, { ...facts, until: facts.since })).toMatchObject({ differences: 1 });
  await sql`update performance_charge set held_until = ${slot} where id = ${held}`;
  expect(await checkClicks(sql, facts)).toMatchObject({ differences: 1 });
  await sql`update performance_charge set struck_at = ${slot}, struck_reason = 'click velocity' where id = ${honest}`;
  expect(await checkClicks(sql, facts)).toMatchObject({ differences: 2 });
});

test('whatever an owner gains by own praise is a gain', async () => {
  const { sql } = await createDatabase();
  const reputation = { score: 3.5, reviews: 0, verifiedReviews: 0 };
  const [shop] = await plant(sql, slot, [{ listings: [{ zone: 'a' }], reputation }]);
  const { tenantId = '', listingIds: [listingId = ''] = [] } = shop ?? {};
  const facts = { tenantId, ownerUserId: tenantId, friendUserId: randomUUID(), attempts: 10, accepted: 0 };
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 1 }); // not ranked yet
  await runSlot(sql, recalculateRanking, { ports: {}, scheduledFor: slot });
  expect(await checkPraise(sql, facts)).toEqual({ figure: 'own praise', compared: 10, differences: 0 });
  expect(await checkPraise(sql, { ...facts, accepted: 2 })).toMatchObject({ differences: 2 });

  const ticketId = randomUUID();
  await sql`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at, status, outcome, closed_at, closed_by)
    values (${ticketId}, ${tenantId}, ${tenantId}, 'x', 'x', ${slot}, 'closed', 'completed', ${slot}, ${tenantId})
  `;
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 2 }); // own, and free
  await sql`
    insert into review (id, ticket_id, tenant_id, author_user_id, rating, text, verified, created_at)
    values (${randomUUID()}, ${ticketId}, ${tenantId}, ${randomUUID()}, 5, 'x', true, ${slot})
  `;
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 3 });
  await sql`update tenant_reputation set score = 4 where tenant_id = ${tenantId}`;
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 4 });
  await sql`
    insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
    values (${listingId}, 'view', 'x', '-infinity', ${slot}, 'x')
  `;
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 5 });
  await sql`update ranking set demand = 1 where tenant_id = ${tenantId}`;
  expect(await checkPraise(sql, facts)).toMatchObject({ differences: 6 });
});

/** A victim with one answered lead, five of a flooder that wait, and ten tickets of the flooder. */
async function openFlooded() {
  const { sql } = await createDatabase();
  const leads = [{ created: 4_000, waitedSeconds: 1_200, by: 1 }, ...[0, 1, 2, 3, 4].map(() => ({ created: 3_990, waitedSeconds: null, by: 2 }))];
  const [shop] = await plant(sql, slot, [{ listings: [{ zone: 'a' }], leads }]);
  const { tenantId = '' } = shop ?? {};
  await runSlot(sql, recalculateRanking, { ports: {}, scheduledFor: slot });
  const [lead] = await sql<{ flooderUserId: string }[]>`select created_by as "flooderUserId" from lead where first_response_at is null limit 1`;
  const [ownerUserId, honestTicketId, eventId] = [tenantId, randomUUID(), randomUUID()];
  const { flooderUserId = '' } = lead ?? {};
  await sql`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
    select gen_random_uuid(), ${tenantId}, ${flooderUserId}, 'x', 'x', ${slot} from generate_series(1, 10)
  `;
  await sql`
    insert into outbox_event (id, event_type, schema_version, occurred_at, tenant_id, payload_json, correlation_id)
    values (${eventId}, 'TicketCreated', 1, ${slot}, ${tenantId}, ${JSON.stringify({ ticketId: honestTicketId })}::text::jsonb, ${eventId})
  `;
  await sql`
    insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, status, sent_at)
    values (${randomUUID()}, ${eventId}, ${ownerUserId}, 'email', 'ticket-created', 1, 'es', '{}', 'sent', now())
  `;
  const answers = { tickets: { 201: 10, 429: 35 }, leads: { 201: 5, 429: 295 } };
  return { sql, facts: { tenantId, ownerUserId, flooderUserId, honestTicketId, ...answers } };
}

test('a flood beyond the bounds is a gain, and so are a mail that did not leave and points that were lost', async () => {
  const { sql, facts } = await openFlooded();
  expect(await checkFlood(sql, facts)).toEqual({ figure: 'flood at a competitor', compared: 345, differences: 0 });
  expect(await checkFlood(sql, { ...facts, leads: { 201: 6, 429: 294 } })).toMatchObject({ differences: 1 });
  await sql`update notification set sent_at = null, status = 'queued'`;
  expect(await checkFlood(sql, facts)).toMatchObject({ differences: 1 });
  await sql`update ranking set response_time = response_time - 1`;
  expect(await checkFlood(sql, facts)).toMatchObject({ differences: 2 });
  await sql`update ticket set customer_user_id = gen_random_uuid() where id = (select id from ticket limit 1)`;
  expect(await checkFlood(sql, facts)).toMatchObject({ differences: 3 });
  await sql`update lead set created_by = ${facts.flooderUserId}`;
  expect(await checkFlood(sql, facts)).toMatchObject({ differences: 4 });
});

test('a mail to a thief is a gain, and so is all but one request to confirm to a bystander', async () => {
  const { sql } = await createDatabase();
  const [strangerUserId, thiefAddress, bystanderAddress] = [randomUUID(), 'thief@evil.example', 'bystander@elsewhere.example'];
  const facts = { strangerUserId, thiefAddress, bystanderAddress, attempts: 12, accepted: 0 };
  const mail = (to: string, text = 'Confirm'): ReadableMail =>
    ({ at: '', messageId: undefined, from: '', to: [to], subject: '', notificationId: undefined, bytes: 1, text, html: undefined });
  const check = (...messages: ReadableMail[]) => checkMail(sql, { messages }, facts);
  const request = mail(bystanderAddress);
  expect(await check(request)).toEqual({ figure: 'mail of others', compared: 12, differences: 0 });
  expect(await check()).toMatchObject({ differences: 1 });
  expect(await check(request, request, request)).toMatchObject({ differences: 2 });
  expect(await check(mail(bystanderAddress, 'https://evil.example'))).toMatchObject({ differences: 1 });
  expect(await check(request, mail(thiefAddress))).toMatchObject({ differences: 1 });
  await sql`
    insert into user_contact (user_id, name, email, locale, updated_at) values (${strangerUserId}, 'x', ${thiefAddress}, 'es', now())
  `;
  expect(await check(request)).toMatchObject({ differences: 1 });
});

test('an attribution of an insider is a gain, and so is an answer that should have been a refusal', async () => {
  const { sql, tenant } = await openBilling();
  const userId = randomUUID();
  const check = (status: number) => checkInsiders(sql, 'insiders', { userIds: [userId], answers: [{ status, expected: 403 }] });
  expect(await check(403)).toEqual({ figure: 'insiders', compared: 1, differences: 0 });
  expect(await check(201)).toMatchObject({ differences: 1 });
  await sql`
    insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
    select gen_random_uuid(), ${await tenant()}, ${userId}, min(plan_id::text)::uuid, '2026-01-01', now() from commission_plan
  `;
  expect(await check(403)).toMatchObject({ differences: 1 });
});

test('money that an ambassador of straws has is a gain, and so is an attribution that goes on', async () => {
  const { sql, tenant, payment } = await openBilling();
  const [tenantId, ambassadorUserId] = [await tenant(), randomUUID()];
  const facts = { ambassadorUserId, shops: [{ tenantId, owner: castOne('straw'), listingIds: [] }] };
  expect(await checkStraws(sql, facts, 0)).toMatchObject({ differences: 1 }); // nothing was earned, so nothing is shown
  const paymentId = await payment(tenantId, '2026-06-09T12:00:00Z', 50_000);
  await sql`
    with attributed as (
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
      select gen_random_uuid(), ${tenantId}, ${ambassadorUserId}, min(plan_id::text)::uuid, '2026-01-01', '2026-06-10', now()
      from commission_plan
      returning id
    )
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
    select gen_random_uuid(), ${paymentId}, 'payment', ${tenantId}, ${ambassadorUserId}, id, 5000, 'MXN', '2026-06-09' from attributed
  `;
  expect(await checkStraws(sql, facts, 0)).toMatchObject({ differences: 1 });
  await sql`
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
    select gen_random_uuid(), payment_id, 'refund:' || gen_random_uuid(), tenant_id, ambassador_user_id, attribution_id,
           -amount_minor, currency, earned_on
    from commission
  `;
  expect(await checkStraws(sql, facts, 0)).toEqual({ figure: 'ambassadors of straws', compared: 1, differences: 0 });
  expect(await checkStraws(sql, facts, 2)).toMatchObject({ differences: 2 });
  await sql`update attribution set ends_on = null`;
  expect(await checkStraws(sql, facts, 0)).toMatchObject({ differences: 1 });
});

test('a payer who has anything but what was paid has gained', async () => {
  const { sql, tenant, payment, refund } = await openBilling();
  const tenantId = await tenant();
  const paymentId = await payment(tenantId, '2026-06-09T12:00:00Z', 49_900);
  await refund(paymentId, '2026-06-09T13:00:00Z', 49_900);
  const shop = { tenantId, owner: castOne('payer'), listingIds: [] };
  const check = (accounts: readonly object[]) => checkPayers(
    { client: { get: () => Promise.resolve({ accounts }) }, sql, now: slot, operators: [castOne('one'), castOne('other')] },
    [{ shop, paymentId, providerPaymentId: 'x', after: [] }],
  );
  const even = { due: { minor: 0 }, excess: { minor: 0 } };
  expect(await check([even])).toMatchObject({ differences: 1 }); // never billed
  await sql`insert into invoice_series (series, last_number, last_issued_at) values ('MX-2026', 1, ${slot})`;
  await sql`alter table invoice disable trigger all`;
  await sql`
    insert into invoice (
      id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end, issued_at, issued_on,
      net_minor, tax_minor, total_minor, line_count
    )
    values (
      ${randomUUID()}, 'invoice', 'MX-2026', 1, ${tenantId}, 'x', 'MX', 'MXN', '2026-05-01', '2026-05-31', ${slot}, '2026-06-10', 0, 0, 0, 1
    )
  `;
  expect(await check([even])).toEqual({ figure: 'payments given back', compared: 1, differences: 0 });
  expect(await check([{ ...even, excess: { minor: 49_900 } }])).toMatchObject({ differences: 1 });
  expect(await check([{ ...even, due: { minor: 1 } }])).toMatchObject({ differences: 1 });
  expect(await check([])).toMatchObject({ differences: 1 });
  await refund(paymentId, '2026-06-09T14:00:00Z', 1);
  expect(await check([even])).toMatchObject({ differences: 1 });
});
