import { html } from 'hono/html';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { none } from '../../api/http/route.ts';
import { listUsedBounds } from '../../store/operations/bounds.ts';
import { page } from '../kit/page.ts';
import { badge, table, time } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const MOST = 100;

const said = words({
  en: {
    intro: 'People who used at least four fifths of a bound on what one person causes for others. A full one is answered with 429.',
    bound: 'Bound', subject: 'Counted by', used: 'Used', until: 'Until',
  },
  es: {
    intro: 'Personas que usaron al menos cuatro quintos de un límite a lo que una persona causa a otras. Uno lleno se responde con 429.',
    bound: 'Límite', subject: 'Se cuenta por', used: 'Usado', until: 'Hasta',
  },
});

/** The bounds that somebody nearly used up, the fullest first. */
export function boundPage(api: Api, deps: ApiDeps): void {
  page(api, deps, { path: `${UI}/bounds`, params: none, query: none }, async ({ viewer: { language } }) => {
    const say = { ...common[language], ...said[language] };
    const rows = await listUsedBounds(deps.sql, MOST);
    return {
      title: say.bounds,
      body: html`<p>${say.intro}</p>${table({
        label: say.bounds, language, head: [say.bound, say.used, say.until, say.subject],
        rows: rows.map(({ bound, subject, windowEnd, used, allowed }) => [
          bound, badge(`${used} / ${allowed}`, used >= allowed ? 'bad' : 'warn'), time(windowEnd), html`<code>${subject}</code>`,
        ]),
      })}`,
    };
  });
}
