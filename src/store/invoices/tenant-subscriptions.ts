import type { Subscription } from '../../domain/invoices/subscription.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { Page } from '../../platform/page.ts';

/** Adds a new subscription; false when the tenant has one on its first day or later. The tenant has to be locked. */
export async function insertSubscription(tx: Tx, subscription: Subscription): Promise<boolean> {
  const { id, tenantId, plan, period, price, startsOn, createdAt } = subscription;
  const inserted = await tx`
    insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, created_at)
    select ${id}::uuid, ${tenantId}::uuid, ${plan}, ${period}, ${String(price.minor)}::bigint, ${price.currency},
           ${startsOn}::date, ${createdAt}::timestamptz
    where not exists (
      select from tenant_subscription
      where tenant_id = ${tenantId} and ended_on >= greatest(starts_on, ${startsOn}::date)
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
    select ${columns(db)}
    from tenant_subscription
    where tenant_id = ${tenantId} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
  return rows.map(toSubscription);
}

/** Finds a tenant's subscription. */
export async function findSubscription(db: Db, id: string, tenantId: string): Promise<Subscription | undefined> {
  const [row] = await db<SubscriptionRow[]>`
    select ${columns(db)} from tenant_subscription where id = ${id} and tenant_id = ${tenantId}
  `;
  return row && toSubscription(row);
}

/** Finds a tenant's subscription, and locks it. */
export async function lockSubscription(tx: Tx, id: string, tenantId: string): Promise<Subscription | undefined> {
  const [row] = await tx<SubscriptionRow[]>`
    select ${columns(tx)} from tenant_subscription where id = ${id} and tenant_id = ${tenantId} for no key update
  `;
  return row && toSubscription(row);
}

/** Saves the last day of a subscription. */
export async function saveEnd(tx: Tx, { id, endedOn }: Pick<Subscription, 'id' | 'endedOn'>): Promise<void> {
  await tx`update tenant_subscription set ended_on = ${endedOn} where id = ${id}`;
}

/** Tells whether a tenant has an invoice of the month before a day's. */
export async function isLastMonthBilled(db: Db, tenantId: string, day: string): Promise<boolean> {
  const rows = await db`
    select from invoice
    where tenant_id = ${tenantId} and kind = 'invoice'
      and period_start = (date_trunc('month', ${day}::date) - interval '1 month')::date
    limit 1
  `;
  return rows.length > 0;
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", plan, period, price_minor as "priceMinor", currency,
  starts_on::text as "startsOn", ended_on::text as "endedOn", created_at as "createdAt"
`;

const toSubscription = ({ priceMinor, currency, ...row }: SubscriptionRow): Subscription =>
  ({ ...row, price: { minor: BigInt(priceMinor), currency } });

/** Whether the subscription is the tenant's. */
export async function isSubscriptionOf(db: Db, id: string, tenantId: string): Promise<boolean> {
  const rows = await db`select from tenant_subscription where id = ${id} and tenant_id = ${tenantId}`;
  return rows.length > 0;
}
