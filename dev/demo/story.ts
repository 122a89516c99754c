import { randomUUID } from 'node:crypto';
import type { PaymentProvider } from '../sandbox/payment-provider.ts';
import { until } from '../until.ts';
import { actor, post } from './actor.ts';
import { type Encore, makeEncores } from './encores.ts';
import { everythingHappened } from './everything.ts';
import type { Stage } from './follow.ts';
import { type Cast, eveningIn, type Person } from './people.ts';
import { letThingsFail } from './trouble.ts';

const DAY_MS = 86_400_000;
const CONFIRM_DEADLINE_MS = 30_000;

export interface Told {
  readonly operatorToken: string;
  readonly customerToken: string;
  readonly tenantToken: string;
  readonly tenantId: string;
  readonly encores: readonly Encore[];
}

/** Tells the story through the HTTP API and the payment provider, printing each hop; fails with what did not happen. */
export async function tellStory(
  set: Stage & { readonly cast: Cast; readonly provider: PaymentProvider },
): Promise<Told> {
  const { cast, provider } = set;
  const { owner, customer, technician, ambassador, operator } = cast;
  const { act, pay } = actor(set);
  const today = new Date().toISOString().slice(0, 10);

  const operatorToken = await set.issueToken(operator, { roles: ['backoffice:write'] });
  const customerToken = await set.issueToken(customer, { roles: ['user'] });
  const ownerToken = await set.issueToken(owner, { roles: ['user'] });
  const frontendToken = await set.issueToken({ userId: randomUUID() }, { roles: ['frontend'] });

  await sayHowToBeReached(set);
  const tenant = await act('The owner founds a tenant', ownerToken, '/tenants', {
    name: 'Clima Norte', country: 'MX', currency: 'MXN', timeZone: 'America/Monterrey', contact: owner.contact,
  });
  const tenantToken = await set.issueToken(owner, { roles: ['tenant'], tenantId: tenant.id });
  await act('An operator verifies it', operatorToken, `/tenants/${tenant.id}/verify`, {
    evidence: { kind: 'tax-certificate', reference: 'RFC CNO-240117-AB3' },
  });

  const secondToken = await set.issueToken({ userId: randomUUID() }, { roles: ['backoffice:write'] });
  /** Has one operator ask for what moves money, and a second one do it. */
  const actOfTwo = async (title: string, path: string, body: object) => {
    await post(set, { token: operatorToken, path, body });
    return act(title, secondToken, path, body);
  };
  await actOfTwo('An ambassador brought it, say two operators', `/backoffice/ambassadors/${ambassador.userId}/attributions`, {
    tenantId: tenant.id, planId: await planOf(set), startsOn: new Date(Date.now() - DAY_MS).toISOString().slice(0, 10),
  });

  const branch = await act('It opens a branch', tenantToken, `/tenants/${tenant.id}/branches`, {
    zone: 'monterrey-centro', address: 'Av. Hidalgo 120', latitude: 25.67, longitude: -100.31,
  });
  const listing = await act('It publishes a listing', tenantToken, `/tenants/${tenant.id}/listings`, {
    title: 'Air conditioning, mended today', category: 'air-conditioning', branchId: branch.id,
  });
  await act('Visitors look at it, one turns to WhatsApp', frontendToken, '/analytics/visits', {
    visits: [
      { listingId: listing.id, kind: 'view', visitorId: 'visitor-1' },
      { listingId: listing.id, kind: 'view', visitorId: 'visitor-2' },
      { listingId: listing.id, kind: 'whatsapp-click', visitorId: 'visitor-2' },
    ],
  });
  await act('A user flags it', customerToken, `/listings/${listing.id}/flags`, { reason: 'The price is missing.' });
  const lead = await act('The visitor becomes a lead', customerToken, `/tenants/${tenant.id}/leads`, {
    source: 'whatsapp', listingId: listing.id, contact: { name: 'Daniel', phone: '+528112345678' },
  });
  await act('The tenant answers', tenantToken, `/leads/${lead.id}/status`, { status: 'contacted' });
  await act('The lead is qualified', tenantToken, `/leads/${lead.id}/status`, { status: 'qualified' });

  const ticket = await act('A customer opens a ticket', customerToken, '/tickets', {
    tenantId: tenant.id,
    subject: 'The air conditioner leaks',
    description: 'It drips when it cools.',
    contact: customer.contact,
  });
  await joinTenant(set, technician, { tenantId: tenant.id, tenantToken });
  await act('The tenant assigns it to a technician', tenantToken, `/tickets/${ticket.id}/assign`, {
    assigneeUserId: technician.userId,
  });
  const quote = await act('It sends a quote', tenantToken, `/tickets/${ticket.id}/quotes`, {
    lines: [{ description: 'New drain pump, fitted', quantity: 1, unitPriceMinor: 185_000 }],
    currency: 'MXN', validUntil: eveningIn(3),
  });
  await act('The customer approves it', customerToken, `/quotes/${quote.id}/approve`, {});
  await act('They agree on a visit', tenantToken, `/tickets/${ticket.id}/appointments`, {
    startsAt: new Date(Date.now() + DAY_MS).toISOString(),
  });
  await act('The work is done', tenantToken, `/tickets/${ticket.id}/close`, { outcome: 'completed' });
  const review = await act('The customer judges it', customerToken, `/tickets/${ticket.id}/reviews`, {
    rating: 5, text: 'Came on time, and it is quiet now.',
  });
  await act('An operator hides the review', operatorToken, '/backoffice/moderation', {
    target: 'review', targetId: review.id, action: 'hide', reason: 'Reported as an advertisement.',
  });
  await act('… and restores it', operatorToken, '/backoffice/moderation', {
    target: 'review', targetId: review.id, action: 'restore', reason: 'It is none.',
  });

  const subscription = await act('The tenant subscribes', tenantToken, `/tenants/${tenant.id}/subscriptions`, {
    plan: 'professional', period: 'yearly', startsOn: today,
  });
  const paid = { tenantId: tenant.id, subscriptionId: subscription.id, amountMinor: 1_299_000, currency: 'MXN' };
  const [failedId, paymentId, refundId] = [`pay_${randomUUID()}`, `pay_${randomUUID()}`, `ref_${randomUUID()}`];
  const { fail, capture, refund } = provider;
  await pay('The payment does not go through at first', failedId, () => fail({ ...paid, paymentId: failedId, reason: 'insufficient funds' }));
  await pay('The next one does', paymentId, () => capture({ ...paid, paymentId }));
  await pay('A part is given back', refundId, () => refund({ ...paid, paymentId, refundId, amountMinor: 200_000 }));

  const { charges } = await read<{ charges: readonly { readonly id: string }[] }>(set, tenantToken, `/tenants/${tenant.id}/charges`);
  const dispute = await act('The tenant disputes a charge', tenantToken, `/tenants/${tenant.id}/disputes`, {
    chargeId: charges[0]?.id, reason: 'The lead was a competitor.',
  });
  await actOfTwo('Two operators decide', `/backoffice/disputes/${dispute.id}/resolve`, { outcome: 'lost' });
  await actOfTwo('The ambassador’s period is closed', '/backoffice/payout-cycles/close', {
    ambassadorUserId: ambassador.userId, periodStart: today, periodEnd: today, currency: 'MXN',
  });

  const { score } = await read<{ score: number }>(set, customerToken, `/tenants/${tenant.id}/reputation`);
  set.print(`\nThe tenant’s reputation is ${score}; the ranking will start from there.`);
  set.print(await everythingHappened(set.sql));
  await letThingsFail(set, { operatorToken, customerToken, customer, owner, tenantId: tenant.id });
  const told = { customerToken, tenantToken, tenantId: tenant.id };
  const encores = makeEncores({ act, pay, cast, provider, ...told, subscriptionId: subscription.id });
  return { ...told, operatorToken, encores };
}

/** Everybody who has a device or a number says so, before anything happens. */
async function sayHowToBeReached(stage: Stage): Promise<void> {
  stage.print('\nPeople say how they are reached: POST /users/me/contact, /users/me/devices, /users/me/whatsapp');
  for (const person of stage.people) {
    const { contact, phone } = person;
    const device = stage.phones.deviceOf(person);
    if (device === undefined) continue;
    const token = await stage.issueToken(person, { roles: ['user'] });
    await post(stage, { token, path: '/users/me/contact', body: contact });
    if (person.isVerified === false) await confirmAddress(stage, person, token);
    await post(stage, { token, path: '/users/me/devices', body: device });
    if (phone) await post(stage, { token, path: '/users/me/whatsapp', body: { phone, optIn: true } });
  }
}

/** Invites a person to work for the tenant, who accepts. */
async function joinTenant(
  stage: Stage,
  person: Person,
  { tenantId, tenantToken }: { readonly tenantId: string; readonly tenantToken: string },
): Promise<void> {
  stage.print('\nThe tenant invites a technician, who accepts: POST /tenants/{id}/invitations, /memberships');
  const [, invitation] = await post(stage, { token: tenantToken, path: `/tenants/${tenantId}/invitations`, body: {} });
  const { code } = JSON.parse(invitation) as { readonly code: string };
  const token = await stage.issueToken(person, { roles: ['user'] });
  await post(stage, { token, path: '/memberships', body: { code, contact: person.contact } });
}

/** Confirms a person's address with the code that its mail brings. */
async function confirmAddress(stage: Stage, { contact: { email } }: Person, token: string): Promise<void> {
  const code = await until('the request to confirm an address has arrived', () => {
    const mail = stage.mailbox.messages.find(({ to }) => to.includes(email));
    return Promise.resolve(/^[^:\n]+: (\d{6})$/m.exec(mail?.text ?? '')?.[1]);
  }, { deadlineMs: CONFIRM_DEADLINE_MS });
  await post(stage, { token, path: '/users/me/contact/confirm', body: { code } });
}

async function planOf({ sql }: Pick<Stage, 'sql'>): Promise<string> {
  const [plan] = await sql<{ id: string }[]>`select plan_id as id from commission_plan where cap_minor is null order by plan_id limit 1`;
  if (plan === undefined) throw new Error('there is no commission plan');
  return plan.id;
}

async function read<T>({ apiUrl }: Pick<Stage, 'apiUrl'>, token: string, path: string): Promise<T> {
  const response = await fetch(`${apiUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}`);
  return (await response.json()) as T;
}
