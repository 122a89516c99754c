import { html } from 'hono/html';
import { z } from 'zod';
import { paymentProviders } from '../../api/webhooks/payments-webhook.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit, line, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { formatMoney } from '../../domain/money.ts';
import {
  findMismatch, listMismatches, listMismatchSteps, MISMATCH_KINDS, type MismatchStep, type MismatchView,
} from '../../store/payments/payment-mismatches.ts';
import { resolveByReason } from './resolve-mismatch.ts';
import { action, onceField } from '../kit/action.ts';
import { said } from './mismatch-words.ts';
import { page } from '../kit/page.ts';
import { badge, facts, filters, idLink, pager, table, time } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { common, type Language } from '../kit/words.ts';

export const MISMATCHES = `${UI}/payment-mismatches`;
const SCOPE = 'payment mismatches';
const STATES = ['open', 'all'] as const;
const position = z.tuple([uuid]);
const params = z.strictObject({ id: uuid });

const list = {
  path: MISMATCHES,
  params: none,
  query: z.strictObject({
    provider: z.enum(paymentProviders).optional(), kind: z.enum(MISMATCH_KINDS).optional(), state: z.enum(STATES).optional(), limit, cursor,
  }),
};

/** Shows where our payments and providers' reports do not agree, and lets operators resolve a mismatch with a reason. */
export function mismatchPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language }, query }) => {
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, provider, kind, state } = query;
    const [after] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const rows = await listMismatches(deps.sql, { provider, kind, open: state !== 'all', after, limit: size + 1 });
    const shown = rows.slice(0, size);
    const last = rows.length > size ? shown.at(-1) : undefined;
    return {
      title: say.mismatches,
      body: html`
        ${filters([
          { name: 'provider', label: say.provider, value: provider, choices: paymentProviders },
          { name: 'kind', label: say.kind, value: kind, choices: MISMATCH_KINDS },
          { name: 'state', label: say.state, value: state, choices: STATES },
        ], language)}
        ${table({
          label: say.mismatches, language,
          head: [say.mismatch, say.payment, say.kind, say.ours, say.theirs, say.lastChange, say.state],
          rows: shown.map((row) => [
            idLink(`${MISMATCHES}/${row.mismatchId}`, row.mismatchId), html`<code>${row.providerPaymentId}</code>`, say[row.kind],
            ours(row, language), theirs(row, language), time(row.changedAt), stateBadge(row, language),
          ]),
        })}
        ${pager({ query, nextCursor: last === undefined ? null : writeCursor(SCOPE, [last.mismatchId]), language })}`,
    };
  });

  page(api, deps, { path: `${MISMATCHES}/:id`, params, query: none }, async ({ viewer: { language, mayWrite }, params: { id } }) => {
    const say = { ...common[language], ...said[language] };
    const mismatch = await findMismatch(deps.sql, id);
    if (mismatch === undefined) throw notFound();
    const steps = await listMismatchSteps(deps.sql, id);
    return {
      title: `${say.mismatch}: ${mismatch.providerPaymentId}`,
      body: html`
        ${facts([
          [say.provider, mismatch.provider], [say.kind, say[mismatch.kind]], [say.ours, ours(mismatch, language)], [say.theirs, theirs(mismatch, language)],
          ...(mismatch.reportId === null ? [] : [[say.report, html`<code>${mismatch.reportId}</code>`] as const]),
          ...(mismatch.webhookId === null ? [] : [['Webhook-Id', html`<code>${mismatch.webhookId}</code>`] as const]),
          ...(mismatch.detail === null ? [] : [[say.detail, mismatch.detail] as const]),
          [say.state, stateBadge(mismatch, language)],
          ...(mismatch.resolutionReason === null ? [] : [[say.reason, mismatch.resolutionReason] as const]),
        ])}
        ${mayWrite && mismatch.resolvedAt === null ? resolveForm(id, language) : ''}
        <h2>${say.changes}</h2>
        ${stepsTable(steps, language)}`,
    };
  });

  const form = z.strictObject({ reason: line(500) });
  action(api, deps, { path: '/payment-mismatches/:id/resolve', params, form }, async ({ params: { id }, form: { reason }, ...recording }) => {
    await resolveByReason(recording, { id, reason });
    return `${MISMATCHES}/${id}`;
  });
}

function resolveForm(id: string, language: Language): Html {
  const say = { ...common[language], ...said[language] };
  return html`<form method="post" action="${MISMATCHES}/${id}/resolve" class="actions">${onceField()}
      <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
      <button>${say.resolve}</button></form>
    <p class="soft">${say.reopens}</p>`;
}

function stepsTable(steps: readonly MismatchStep[], language: Language): Html {
  const say = { ...common[language], ...said[language] };
  return table({
    label: say.changes, language,
    head: [say.when, say.change, say.ours, say.theirs, say.report, say.record],
    rows: steps.map((step) => [
      time(step.at), say[step.change], ours(step, language), theirs(step, language), step.reportId === null ? null : html`<code>${step.reportId.slice(-12)}</code>`,
      step.actionId === null ? null : idLink(`${UI}/actions/${step.actionId}`, step.actionId),
    ]),
  });
}

type Amounts = Pick<MismatchView, 'oursMinor' | 'oursCurrency' | 'theirsMinor' | 'theirsCurrency'>;

const ours = ({ oursMinor, oursCurrency }: Amounts, language: Language) => amount(oursMinor, oursCurrency, language);
const theirs = ({ theirsMinor, theirsCurrency }: Amounts, language: Language) => amount(theirsMinor, theirsCurrency, language);

const amount = (minor: string | null, currency: string | null, language: Language): string | null =>
  minor === null || currency === null ? null : formatMoney({ minor: BigInt(minor), currency }, language);

function stateBadge({ resolvedAt, resolvedBy }: Pick<MismatchView, 'resolvedAt' | 'resolvedBy'>, language: Language): Html {
  const say = said[language];
  if (resolvedAt === null) return badge(say.open, 'bad');
  return badge(resolvedBy === 'operator' ? say.byOperator : say.byFacts, 'good');
}
