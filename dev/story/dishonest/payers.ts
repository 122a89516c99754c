import type { Sql } from '../../../src/platform/postgres.ts';
import type { Comparison } from '../check.ts';
import type { StoryClient } from '../client.ts';
import { asTenant, DAY_MS, openShop, type Scene, sendByBoth, type Shop } from './scene.ts';

const PAID = 49_900;
type Step = 'dispute' | 'refund' | 'credit note';

/** Orders in which a payer gets a payment back three times; the invoice is issued after the first part of each. */
const ORDERS: readonly { readonly before: readonly Step[]; readonly after: readonly Step[] }[] = [
  { before: ['dispute'], after: ['refund', 'credit note'] },
  { before: ['dispute'], after: ['credit note', 'refund'] },
  { before: ['refund', 'dispute'], after: ['credit note'] },
  { before: [], after: ['credit note', 'dispute', 'refund'] },
];

/** A payer who asks for a payment back by dispute, by the provider and by credit note. */
export interface Payer {
  readonly shop: Shop;
  readonly providerPaymentId: string;
  readonly paymentId: string;
  readonly after: readonly Step[];
}

/** Lets payers pay a month and ask for it back, as far as they come before the invoice. */
export async function payAndRegret(scene: Scene): Promise<Payer[]> {
  const payers: Payer[] = [];
  for (const [nth, { before, after }] of ORDERS.entries()) {
    const shop = await openShop(scene, `shop of a regretful payer ${nth}`);
    const day = (days: number) => new Date(scene.start.getTime() + days * DAY_MS);
    const path = `/tenants/${shop.tenantId}/subscriptions`;
    const plan = { plan: 'basic', period: 'monthly', startsOn: scene.start.toISOString().slice(0, 10) };
    await scene.client.post({ ...asTenant(shop), at: day(0), path, body: plan });
    const providerPaymentId = `regret_${nth}`;
    const paid = { tenantId: shop.tenantId, amountMinor: PAID, currency: 'MXN', paymentId: providerPaymentId };
    await scene.provider.capture({ ...paid, occurredAt: day(2).toISOString(), instrument: `card of regret ${nth}` });
    const [payment] = await scene.sql<{ id: string }[]>`select id from payment where provider_payment_id = ${providerPaymentId}`;
    const payer = { shop, providerPaymentId, paymentId: payment?.id ?? '', after };
    for (const [days, step] of before.entries()) await takeStep(scene, payer, { step, at: day(3 + days) });
    payers.push(payer);
  }
  return payers;
}

/** Lets payers go on after their invoices are issued. */
export async function regretAgain(scene: Scene, payers: readonly Payer[]): Promise<void> {
  for (const payer of payers) {
    for (const step of payer.after) await takeStep(scene, payer, { step, at: scene.now });
  }
}

async function takeStep(
  scene: Scene, { shop, paymentId, providerPaymentId }: Payer, { step, at }: { readonly step: Step; readonly at: Date },
): Promise<void> {
  const { client, provider, sql } = scene;
  const { tenantId } = shop;
  switch (step) {
    case 'dispute': {
      const body = { paymentId, reason: 'I do not remember it.' };
      const { id } = await client.post({ ...asTenant(shop), at, path: `/tenants/${tenantId}/disputes`, body });
      return sendByBoth(scene, { at, path: `/backoffice/disputes/${id}/resolve`, body: { outcome: 'lost' } });
    }
    case 'refund':
      await provider.refund({
        tenantId, amountMinor: PAID, currency: 'MXN', paymentId: providerPaymentId, refundId: `${providerPaymentId}_back`,
        occurredAt: at.toISOString(),
      });
      return;
    case 'credit note': {
      const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${tenantId} and kind = 'invoice'`;
      const path = `/backoffice/invoices/${invoice?.id}/credit`;
      return sendByBoth(scene, { at, path, body: { reason: 'regret', billAgain: false } });
    }
  }
}

/**
 * Counts payers who have anything but what they paid: each owes nothing and has nothing to get, by the account that the
 * system shows, by refunds against the payment, and by documents that end at nothing.
 */
export async function checkPayers(
  { client, sql, now: at, operators: [operator] }: Pick<Scene, 'sql' | 'now' | 'operators'> & { readonly client: Pick<StoryClient, 'get'> },
  payers: readonly Payer[],
): Promise<Comparison> {
  let differences = 0;
  for (const { shop: { tenantId } } of payers) {
    const { accounts } = (await client.get({
      as: operator, claims: { roles: ['backoffice:read'] }, at, path: `/tenants/${tenantId}/account`,
    })) as { readonly accounts: readonly { readonly due: { minor: number }; readonly excess: { minor: number } }[] };
    const isOpen = accounts.length !== 1 || accounts.some(({ due, excess }) => due.minor !== 0 || excess.minor !== 0);
    if (isOpen || (await countsTwice(sql, tenantId))) differences += 1;
  }
  return { figure: 'payments given back', compared: payers.length, differences };
}

/** Returns whether more or less than the payment went back: by refunds, or on documents that do not end at nothing. */
async function countsTwice(sql: Sql, tenantId: string): Promise<boolean> {
  const [row] = await sql<{ back: number; documents: number }[]>`
    select coalesce((
             select sum(refund.amount_minor) from refund join payment on payment.id = payment_id where tenant_id = ${tenantId}
           ), 0)::integer as back,
           coalesce((select sum(total_minor) from invoice where tenant_id = ${tenantId}), 1)::integer as documents
  `;
  return row?.back !== PAID || row.documents !== 0;
}
