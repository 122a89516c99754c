import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { none } from '../../api/http/route.ts';
import { listApprovals } from '../../store/operations/approvals.ts';
import { page } from '../kit/page.ts';
import { idLink, pager, table, time } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const SCOPE = 'approvals page';

const said = words({
  en: {
    intro: 'Requests that move money and wait for a second operator, who sends the same request. They expire after a week.',
    what: 'What', who: 'Asked by', when: 'Asked at', until: 'Until', asked: 'Request',
  },
  es: {
    intro: 'Solicitudes que mueven dinero y esperan a un segundo operador, que envía la misma solicitud. Vencen en una semana.',
    what: 'Qué', who: 'La pidió', when: 'Cuándo', until: 'Hasta', asked: 'Solicitud',
  },
});

const list = { path: `${UI}/approvals`, params: none, query: z.strictObject({ limit, cursor }) };

/** The requests that wait for a second operator. */
export function approvalPage(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language }, query }) => {
    const say = { ...common[language], ...said[language] };
    const rows = await listApprovals(deps.sql, { before: endOf(SCOPE, query.cursor), limit: query.limit + 1 });
    const { page: shown, nextCursor } = cutPage(rows, { scope: SCOPE, limit: query.limit });
    return {
      title: say.approvals,
      body: html`<p>${say.intro}</p>
        ${table({
          label: say.approvals, language, head: [say.what, say.asked, say.who, say.when, say.until],
          rows: shown.map(({ action, request, askedBy, askedAt, expiresAt }) => [
            action,
            html`<code>${JSON.stringify(request)}</code>`,
            idLink(`${UI}/actions?operatorUserId=${askedBy}`, askedBy),
            time(askedAt), time(expiresAt),
          ]),
        })}
        ${pager({ query, nextCursor, language })}`,
    };
  });
}
