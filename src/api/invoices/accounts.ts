import { z } from '@hono/zod-openapi';
import { toNearestPlain } from '../../domain/money.ts';
import {
  accountMismatchKinds, listAccountMismatches, listAccounts, positionOf, type AccountMismatch,
} from '../../store/invoices/accounts.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { actsFor } from '../http/access.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { readCursor, writeCursor } from '../http/cursor.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { moneyView } from '../http/money-fields.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute } from '../http/route.ts';

const accountView = z
  .object({
    billed: moneyView.openapi({ description: 'Invoices and credit notes' }),
    received: moneyView.openapi({ description: 'Payments in this currency, less what went back of them' }),
    due: moneyView,
    excess: moneyView.openapi({ description: 'Paid before it was billed, or too much' }),
  })
  .openapi('Account');

const mismatchView = z
  .object({
    tenantId: uuid,
    kind: z.enum(accountMismatchKinds),
    amount: moneyView,
    paymentId: uuid.nullable().openapi({ description: 'The payment in a wrong currency, which pays nothing' }),
  })
  .openapi('AccountMismatch');

const read = readRoute({
  path: '/tenants/{id}/account',
  id: 'getAccount',
  summary: 'Get the account of a tenant',
  description: 'What it was billed, paid and owes, in minor units by currency.',
  params: z.object({ id: uuid }),
  query: none,
  answer: z.object({ accounts: z.array(accountView), wrongCurrency: z.array(mismatchView) }),
});

const list = readRoute({
  path: '/backoffice/account-mismatches',
  id: 'listAccountMismatches',
  summary: 'List account mismatches',
  description: 'Invoices and payments that do not agree, by tenant.',
  params: none,
  query: z.strictObject({ tenantId: uuid.optional(), kind: z.enum(accountMismatchKinds).optional(), limit, cursor }),
  answer: z.object({ mismatches: z.array(mismatchView), nextCursor: z.string().nullable() }),
});

/** The list's name and positions, for its cursors. */
export const ACCOUNT_MISMATCHES = 'account mismatches';
export const mismatchPosition = z.tuple([uuid, z.string(), z.string(), z.string()]);
const MAX_WRONG_PAYMENTS = 100;

/** Registers the paths of accounts. */
export function accountRoutes(api: Api, { sql }: Pick<ApiDeps, 'sql'>): void {
  api.openapi(read, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const caller = c.get('caller');
    const maySee = actsFor(caller, tenantId) || caller.roles.has('backoffice:read');
    if (!maySee || (await findTenant(sql, tenantId)) === undefined) throw notFound();
    const ofTenant = { tenantId, kind: 'wrong-currency', after: undefined, limit: MAX_WRONG_PAYMENTS };
    const [accounts, wrong] = await Promise.all([listAccounts(sql, tenantId), listAccountMismatches(sql, ofTenant)]);
    const views = accounts.map(({ currency, billed, received, due, excess }) => {
      const plain = (minor: bigint) => toNearestPlain({ minor, currency });
      return { billed: plain(billed), received: plain(received), due: plain(due), excess: plain(excess) };
    });
    return c.json({ accounts: views, wrongCurrency: wrong.map(toView) }, 200);
  });

  api.openapi(list, async (c) => {
    const { limit: size, cursor: given, tenantId, kind } = c.req.valid('query');
    const after = given === undefined ? undefined : readCursor(ACCOUNT_MISMATCHES, mismatchPosition, given);
    const rows = await listAccountMismatches(sql, { tenantId, kind, after, limit: size + 1 });
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    const nextCursor = last === undefined ? null : writeCursor(ACCOUNT_MISMATCHES, positionOf(last));
    return c.json({ mismatches: page.map(toView), nextCursor }, 200);
  });
}

const toView = ({ tenantId, kind, amount: minor, currency, paymentId }: AccountMismatch) =>
  ({ tenantId, kind, amount: toNearestPlain({ minor, currency }), paymentId });
