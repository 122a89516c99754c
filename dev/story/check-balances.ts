import type { Sql } from '../../src/platform/postgres.ts';
import { castPerson } from './cast.ts';
import { type Comparison, expectedCommissions } from './check.ts';
import { expectedInvoices } from './check-invoices.ts';
import type { StoryClient } from './client.ts';
import { inLanes } from './month.ts';

/** Compares every tenant's account as the API shows it with what the facts come to. */
export async function checkAccounts(sql: Sql, client: StoryClient): Promise<Comparison> {
  return compareAccounts(await readAccounts(sql), await askAccounts(sql, client));
}

/** An account in a currency, in minor units. */
export interface Balance {
  readonly tenantId: string;
  readonly currency: string;
  readonly billed: number;
  readonly received: number;
  readonly due: number;
  readonly excess: number;
}

/** Counts accounts that one side lacks or that differ. */
export function compareAccounts(expected: readonly Balance[], shown: readonly Balance[]): Comparison {
  const keyOf = ({ tenantId, currency }: Balance) => `${tenantId} ${currency}`;
  const textOf = ({ tenantId, currency, billed, received, due, excess }: Balance) =>
    [tenantId, currency, billed, received, due, excess].join(' ');
  const [one, other] = [expected, shown].map((accounts) => new Map(accounts.map((account) => [keyOf(account), textOf(account)])));
  const keys = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])];
  return { figure: 'accounts', compared: keys.length, differences: keys.filter((key) => one?.get(key) !== other?.get(key)).length };
}

/**
 * Recomputes what each tenant was billed and paid. An invoice that was credited whole leaves nothing. A payment that a
 * verdict gave back on an invoice is billed less and received less. A payment in a wrong currency is received by nobody.
 */
export async function readAccounts(sql: Sql): Promise<Balance[]> {
  return sql<Balance[]>`
    with ${expectedInvoices(sql)},
    credited as (
      select tenant_id, currency, period_start as month from invoice
      where kind = 'invoice' and exists (
        select from invoice note where note.credits = invoice.id and note.credits_position is null
      )
    ),
    movement as (
      select tenant_id, currency, net + tax as billed, 0 as received
      from expected where (tenant_id, currency, month) not in (select tenant_id, currency, month from credited)
      union all
      select tenant_id, currency, 0, minor
      from fact, lateral (select min(billed.month) as month from billed where billed.month >= date_trunc('month', day)::date) due
      where not is_taxed and month is not null
        and (tenant_id, currency, month) not in (select tenant_id, currency, month from credited)
      union all
      select payment.tenant_id, payment.currency, 0,
             amount_minor - coalesce((select sum(amount_minor) from refund where payment_id = payment.id), 0)
      from payment
      join tenant on tenant.id = payment.tenant_id
      left join tenant_subscription plan on plan.id = subscription_id
      where payment.status = 'captured' and payment.currency = coalesce(plan.currency, tenant.currency)
    )
    select tenant_id as "tenantId", currency, billed::float8, received::float8,
           greatest(0, billed - received)::float8 as due, greatest(0, received - billed)::float8 as excess
    from (
      select tenant_id, currency, sum(billed) as billed, sum(received) as received from movement group by tenant_id, currency
    ) as account
  `;
}

interface Shown {
  readonly accounts: readonly Readonly<Record<'billed' | 'received' | 'due' | 'excess', { minor: number; currency: string }>>[];
}

async function askAccounts(sql: Sql, client: StoryClient): Promise<Balance[]> {
  const reader = { as: castPerson('auditor', Math.random), claims: { roles: ['backoffice:read'] }, at: new Date() };
  const balances: Balance[] = [];
  await inLanes(await sql<{ id: string }[]>`select id from tenant`, async ({ id: tenantId }) => {
    const { accounts } = (await client.get({ ...reader, path: `/tenants/${tenantId}/account` })) as Shown;
    balances.push(...accounts.map(({ billed, received, due, excess }) => ({
      tenantId, currency: billed.currency,
      billed: billed.minor, received: received.minor, due: due.minor, excess: excess.minor,
    })));
  });
  return balances;
}

/** Compares what each ambassador is paid and still to be paid by the last cycle with what the payments until then leave. */
export async function comparePaidOut(sql: Sql): Promise<Comparison> {
  const [row] = await sql<{ compared: number; differences: number }[]>`
    with ${expectedCommissions(sql)},
    earned_by as (
      select ambassador_user_id, currency, sum(kept) as minor
      from expected where day <= (select max(period_end) from payout_cycle)
      group by ambassador_user_id, currency
    ),
    paid_to as (
      select ambassador_user_id, currency,
             sum(payable_minor) + (array_agg(carried_out_minor order by period_end desc))[1] as minor
      from payout_cycle
      group by ambassador_user_id, currency
    )
    select count(*)::integer as compared,
           (count(*) filter (where coalesce(paid_to.minor, 0) <> coalesce(earned_by.minor, 0)))::integer as differences
    from earned_by full join paid_to using (ambassador_user_id, currency)
  `;
  return { figure: 'ambassadors’ payouts', compared: row?.compared ?? 0, differences: row?.differences ?? 0 };
}
