import type { Subscription } from '../domain/subscription.ts';
import type { Db, Tx } from '../platform/postgres.ts';
import type { Page } from './page.ts';

/** Adds a new subscription; false when the tenant has an active one. */
export async function insertSubscription(tx: Tx, subscription: Subscription): Promise<boolean> {
  const { id, tenantId, plan, period, price, startsOn, createdAt } = subscription;
  const inserted = await tx`
    insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, created_at)
    values (
      ${id}, ${tenantId}, ${plan}, ${period}, ${String(price.minor)}, ${price.currency}, ${startsOn}, ${createdAt}
    )
    on conflict (tenant_id) where ended_on is null do nothing
    returning 1
  `;
  return inserted.length > 0;
}

interface SubscriptionRow extends Omit<Subscription, 'price'> {
  readonly priceMinor: string;
  readonly currency: string;
}

/** A tenant's subscriptions. */
export async function listSubscriptions(db: Db, tenantId: string, { before, limit }: Page): Promise<Subscription[]> {
  const rows = await db<SubscriptionRow[]>`
    select id, tenant_id as "tenantId", plan, period, price_minor as "priceMinor", currency,
           starts_on::text as "startsOn", ended_on::text as "endedOn", created_at as "createdAt"
    from tenant_subscription
    where tenant_id = ${tenantId} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
  return rows.map(({ priceMinor, currency, ...row }) => ({ ...row, price: { minor: BigInt(priceMinor), currency } }));
}

/** Whether the subscription is the tenant's. */
export async function isSubscriptionOf(db: Db, id: string, tenantId: string): Promise<boolean> {
  const rows = await db`select from tenant_subscription where id = ${id} and tenant_id = ${tenantId}`;
  return rows.length > 0;
}
