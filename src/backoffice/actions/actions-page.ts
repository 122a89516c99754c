import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { listOperatorActions, operatorActions } from '../../store/operations/operator-actions.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { page } from '../kit/page.ts';
import { facts, filters, idLink, pager, table, time } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const SCOPE = 'operator actions';

const said = words({
  en: { when: 'When', what: 'What', who: 'Who', why: 'Why', asked: 'What was asked for', outcome: 'What it did' },
  es: { when: 'Cuándo', what: 'Qué', who: 'Quién', why: 'Por qué', asked: 'Lo que se pidió', outcome: 'Lo que hizo' },
});

const list = {
  path: `${UI}/actions`,
  params: none,
  query: z.strictObject({ action: z.enum(operatorActions).optional(), operatorUserId: uuid.optional(), limit, cursor }),
};
const one = { path: `${UI}/actions/:id`, params: z.strictObject({ id: uuid }), query: none };

/** What operators did: who, why, by which filter, and what came of it. */
export function actionPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language, operator }, query }) => {
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, ...asked } = query;
    const rows = await listOperatorActions(deps.sql, asked, { before: endOf(SCOPE, given), limit: size + 1 });
    const { page: shown, nextCursor } = cutPage(rows, { scope: SCOPE, limit: size });
    return {
      title: say.actions,
      body: html`
        ${filters([
          { name: 'action', label: say.what, value: asked.action, choices: operatorActions },
          { name: 'operatorUserId', label: say.who, value: asked.operatorUserId },
        ], language)}
        ${table({
          label: say.actions, language,
          head: [say.when, say.what, say.who, say.why],
          rows: factsFor(operator, shown).map(({ id, createdAt, action, operatorUserId, request }) => [
            html`<a href="${UI}/actions/${id}">${time(createdAt)}</a>`,
            action,
            idLink(`?operatorUserId=${operatorUserId}`, operatorUserId),
            String(request['reason'] ?? '–'),
          ]),
        })}
        ${pager({ query, nextCursor, language })}`,
    };
  });

  page(api, deps, one, async ({ viewer: { language, operator }, params: { id } }) => {
    const say = { ...common[language], ...said[language] };
    const [stored] = await listOperatorActions(deps.sql, { id }, { before: undefined, limit: 1 });
    if (stored === undefined) throw notFound();
    const found = factsFor(operator, stored);
    return {
      title: found.action,
      body: html`
        ${facts([
          [say.when, time(found.createdAt)],
          [say.who, html`<code>${found.operatorUserId}</code>`],
          [say.why, String(found.request['reason'] ?? '–')],
          [say.trace, html`<code>${found.traceId}</code>`],
        ])}
        <h2>${say.asked}</h2><pre tabindex="0">${JSON.stringify(found.request, null, 2)}</pre>
        <h2>${say.outcome}</h2><pre tabindex="0">${JSON.stringify(found.outcome, null, 2)}</pre>`,
    };
  });
}
