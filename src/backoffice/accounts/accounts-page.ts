import { html } from 'hono/html';
import { z } from 'zod';
import { ACCOUNT_MISMATCHES, mismatchPosition } from '../../api/invoices/accounts.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { formatMoney } from '../../domain/money.ts';
import {
  accountMismatchKinds, listAccountMismatches, listAccounts, listStandings, positionOf, type Account, type AccountMismatch,
  type ListedStanding,
} from '../../store/invoices/accounts.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { page } from '../kit/page.ts';
import { badge, filters, idLink, pager, table } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { common, type Language, words } from '../kit/words.ts';

const said = words({
  en: {
    tenant: 'Tenant', kind: 'Kind', amount: 'Amount', payment: 'Payment', currency: 'Currency', billed: 'Billed', received: 'Received',
    excess: 'Excess', invoices: 'Invoices', number: 'Number', month: 'Month', issuedOn: 'Issued on', total: 'Total', credited: 'Credited',
    paid: 'Paid', due: 'Due', 'wrong-currency': 'Wrong currency', applied: 'Payments pay the oldest invoice first.',
  },
  es: {
    tenant: 'Empresa', kind: 'Tipo', amount: 'Monto', payment: 'Pago', currency: 'Moneda', billed: 'Facturado', received: 'Recibido',
    excess: 'Excedente', invoices: 'Facturas', number: 'Número', month: 'Mes', issuedOn: 'Emitida el', total: 'Total', credited: 'Acreditado',
    paid: 'Pagado', due: 'Por pagar', 'wrong-currency': 'Otra moneda', applied: 'Los pagos cubren primero la factura más antigua.',
  },
});

const ACCOUNTS = `${UI}/accounts`;
const MAX_ROWS = 100;

const list = {
  path: ACCOUNTS,
  params: none,
  query: z.strictObject({ kind: z.enum(accountMismatchKinds).optional(), limit, cursor }),
};

/** Shows where invoices and payments do not agree, and how a tenant's invoices are paid. */
export function accountPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language }, query }) => {
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, kind } = query;
    const after = given === undefined ? undefined : readCursor(ACCOUNT_MISMATCHES, mismatchPosition, given);
    const rows = await listAccountMismatches(deps.sql, { tenantId: undefined, kind, after, limit: size + 1 });
    const shown = rows.slice(0, size);
    const last = rows.length > size ? shown.at(-1) : undefined;
    return {
      title: say.accounts,
      body: html`
        ${filters([{ name: 'kind', label: say.kind, value: kind, choices: accountMismatchKinds }], language)}
        ${mismatchTable(shown, language)}
        ${pager({ query, nextCursor: last === undefined ? null : writeCursor(ACCOUNT_MISMATCHES, positionOf(last)), language })}`,
    };
  });

  const params = z.strictObject({ tenantId: uuid });
  page(api, deps, { path: `${ACCOUNTS}/:tenantId`, params, query: none }, async ({ viewer: { language }, params: { tenantId } }) => {
    const say = { ...common[language], ...said[language] };
    const tenant = await findTenant(deps.sql, tenantId);
    if (tenant === undefined) throw notFound();
    const wrong = { tenantId, kind: 'wrong-currency', after: undefined, limit: MAX_ROWS };
    const [accounts, standings, mismatches] = await Promise.all([
      listAccounts(deps.sql, tenantId), listStandings(deps.sql, tenantId, MAX_ROWS), listAccountMismatches(deps.sql, wrong),
    ]);
    return {
      title: `${say.accounts}: ${tenant.name}`,
      body: html`${accountTable(accounts, language)}
        <h2>${say.invoices}</h2><p class="soft">${say.applied}</p>${invoiceTable(standings, language)}
        <h2>${say['wrong-currency']}</h2>${mismatchTable(mismatches, language)}`,
    };
  });
}

function mismatchTable(rows: readonly AccountMismatch[], language: Language): Html {
  const say = { ...common[language], ...said[language] };
  return table({
    label: say.accounts, language, head: [say.tenant, say.kind, say.amount, say.payment],
    rows: rows.map(({ tenantId, kind, amount, currency, paymentId }) => [
      idLink(`${ACCOUNTS}/${tenantId}`, tenantId), badge(say[kind], kind === 'wrong-currency' ? 'bad' : 'warn'),
      money(amount, currency, language), paymentId === null ? null : html`<code>${paymentId.slice(-12)}</code>`,
    ]),
  });
}

function accountTable(accounts: readonly Account[], language: Language): Html {
  const say = { ...common[language], ...said[language] };
  return table({
    label: say.accounts, language, head: [say.currency, say.billed, say.received, say.due, say.excess],
    rows: accounts.map(({ currency, ...amounts }) => [
      currency, ...[amounts.billed, amounts.received, amounts.due, amounts.excess].map((minor) => money(minor, currency, language)),
    ]),
  });
}

function invoiceTable(standings: readonly ListedStanding[], language: Language): Html {
  const say = said[language];
  return table({
    label: say.invoices, language, head: [say.number, say.month, say.issuedOn, say.total, say.credited, say.paid, say.due],
    rows: standings.map(({ number, currency, periodStart, issuedOn, ...amounts }) => [
      number, periodStart.slice(0, 7), issuedOn,
      ...[amounts.total, amounts.credited, amounts.paid, amounts.due].map((minor) => money(minor, currency, language)),
    ]),
  });
}

const money = (minor: bigint, currency: string, language: Language) => formatMoney({ minor, currency }, language);
