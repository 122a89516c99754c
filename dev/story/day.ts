import type { Person } from '../demo/people.ts';
import { type Actor, howMany } from './cast.ts';
import { DAY_MS, type Setting } from './month.ts';

const MINUTE_MS = 60_000;
const LEAD_SOURCES = ['form', 'whatsapp', 'phone', 'referral'] as const;
const STARS = [1, 2, 3, 4, 5] as const;

/** One business's day, from its first visitor to its last answer. */
export async function dayOf(setting: Setting, actor: Actor, day: number): Promise<void> {
  const { random, demand } = actor;
  let minute = 8 * 60;
  const next = () => new Date(setting.start.getTime() + day * DAY_MS + (minute += 1 + Math.floor(random() * 5)) * MINUTE_MS);
  await visits(setting, actor, next());
  for (let lead = howMany(demand, random); lead > 0; lead -= 1) await leadStory(setting, actor, next);
  for (let ticket = howMany(demand * 0.7, random); ticket > 0; ticket -= 1) await ticketStory(setting, actor, next);
  if (day === actor.number % Math.min(28, setting.days)) await pay(setting, actor, next());
  if (random() < 0.02) await flag(setting, actor, next());
}

async function visits({ client, customers, operator }: Setting, { random, demand, listingIds }: Actor, at: Date): Promise<void> {
  const count = Math.min(500, howMany(demand * 15, random));
  if (count === 0) return;
  const list = Array.from({ length: count }, () => ({
    listingId: pick(listingIds, random),
    kind: random() < 0.12 ? 'whatsapp-click' : 'view',
    visitorId: pick(customers, random).userId,
    ip: `10.${byte(random)}.${byte(random)}.${byte(random)}`,
  }));
  await client.post({ as: operator, claims: { roles: ['frontend'] }, at, path: '/analytics/visits', body: { visits: list } });
}

async function leadStory({ client, customers }: Setting, actor: Actor, next: () => Date): Promise<void> {
  const { random, tenantId, listingIds } = actor;
  const customer = pick(customers, random);
  const contact = { name: customer.contact.name, email: customer.contact.email };
  const body = { source: pick(LEAD_SOURCES, random), listingId: pick(listingIds, random), contact };
  const lead = await client.post({ as: customer, claims: { roles: ['user'] }, at: next(), path: `/tenants/${tenantId}/leads`, body });
  const step = (status: string) => client.post({ ...own(actor), at: next(), path: `/leads/${lead.id}/status`, body: { status } });
  if (random() > 0.4 + actor.quality * 0.6) return; // nobody answers
  await step('contacted');
  if (random() < 0.6) {
    await step('qualified');
    if (random() < 0.7) await step(random() < 0.5 ? 'won' : 'lost');
  }
}

async function ticketStory(setting: Setting, actor: Actor, next: () => Date): Promise<void> {
  const { client, customers, operator } = setting;
  const { random, tenantId, owner, home, quality } = actor;
  const customer = pick(customers, random);
  const asCustomer = { as: customer, claims: { roles: ['user'] } };
  const ticket = await client.post({
    ...asCustomer, at: next(), path: '/tickets',
    body: { tenantId, subject: `${actor.trade} at home`, description: 'Please come soon.', contact: customer.contact },
  });
  const path = `/tickets/${ticket.id}`;
  await client.post({ ...own(actor), at: next(), path: `${path}/assign`, body: { assigneeUserId: owner.userId, contact: owner.contact } });
  if (random() < 0.15) {
    await client.post({ ...asCustomer, at: next(), path: `${path}/close`, body: { outcome: 'cancelled' } });
    return;
  }
  const sentAt = next();
  const quote = await client.post({
    ...own(actor), at: sentAt, path: `${path}/quotes`,
    body: {
      lines: [{ description: 'Work', quantity: 1 + Math.floor(random() * 4), unitPriceMinor: 1_000 + Math.floor(random() * 90_000) }],
      currency: home.currency, validUntil: new Date(sentAt.getTime() + 3 * DAY_MS).toISOString(),
    },
  });
  if (random() < 0.25) return;
  await client.post({ ...asCustomer, at: next(), path: `/quotes/${quote.id}/approve`, body: {} });
  const agreedAt = next();
  await client.post({ ...own(actor), at: agreedAt, path: `${path}/appointments`, body: { startsAt: new Date(agreedAt.getTime() + DAY_MS).toISOString(), allowOverlap: true } });
  await client.post({ ...own(actor), at: next(), path: `${path}/close`, body: { outcome: 'completed' } });
  if (random() > 0.6) return;
  const rating = STARS[Math.min(4, Math.floor((quality * 0.7 + random() * 0.4) * 5))] ?? 5;
  const review = await client.post({ ...asCustomer, at: next(), path: `${path}/reviews`, body: { rating, text: `${rating} stars` } });
  if (random() > 0.08) return;
  const moderate = (action: string) => client.post({
    as: operator, claims: { roles: ['backoffice:write'] }, at: next(), path: '/backoffice/moderation',
    body: { target: 'review', targetId: review.id, action, reason: 'reported' },
  });
  await moderate('hide');
  if (random() < 0.4) await moderate('restore');
}

/** The month's fee; now and then it fails at first, is given back in part, or told twice. */
async function pay({ provider }: Setting, { random, tenantId, subscriptionId, home, number }: Actor, at: Date): Promise<void> {
  const amountMinor = { MXN: 49_900, COP: 8_900_000, EUR: 2_500 }[home.currency] + Math.floor(random() * 999);
  const paymentId = `story_${number}_${Math.floor(random() * 1e9)}`;
  const paid = { tenantId, subscriptionId, amountMinor, currency: home.currency, paymentId, occurredAt: at.toISOString() };
  if (random() < 0.15) await provider.fail({ ...paid, paymentId: `${paymentId}_f`, reason: 'insufficient funds' });
  const { deliveryId } = await provider.capture({ ...paid, instrument: `card-${number}` });
  if (random() < 0.3) await provider.redeliver(deliveryId);
  if (random() < 0.3) await provider.refund({ ...paid, amountMinor: 1 + Math.floor(amountMinor * random()), refundId: `${paymentId}_r` });
}

async function flag({ client, customers }: Setting, { random, listingIds }: Actor, at: Date): Promise<void> {
  const as: Person = pick(customers, random);
  await client.post({ as, claims: { roles: ['user'] }, at, path: `/listings/${pick(listingIds, random)}/flags`, body: { reason: 'looks wrong' } })
    .catch((error: Error) => {
      if (!error.message.includes('409')) throw error; // the same user flagged it before
    });
}

const own = ({ owner, tenantId }: Actor) => ({ as: owner, claims: { roles: ['tenant'], tenantId } });

const byte = (random: () => number) => Math.floor(random() * 256);

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}
