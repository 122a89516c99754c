import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import { previewRetry, readProgress } from '../../kernel/consumers/dead-letters.ts';
import { steerLetters } from './resolve-letters.ts';
import { action, onceField } from '../kit/action.ts';
import { shownFields, shownForm } from '../kit/shown.ts';
import { DEAD_LETTERS } from './dead-letters-page.ts';
import { letterFilter } from './letter-fields.ts';
import { page } from '../kit/page.ts';
import { facts, live, search } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const VERBS = ['retry', 'discard'] as const;
const MOST = 50_000; // in one transaction

const said = words({
  en: {
    retry: 'Retry dead letters', discard: 'Discard dead letters', letters: 'Deliveries', events: 'of events', tenants: 'of tenants',
    reachPeople: 'send something to people, or lead to it', retryNote: 'Each is published again within seconds; what succeeded stays done.',
    discardNote: 'They will never be delivered. Their events stay on record.', doRetry: 'Retry', doDiscard: 'Discard', nothing: 'Nothing fits any more.',
    progress: 'How it goes on', underWay: 'On their way', consumed: 'Consumed', deadAgain: 'Dead again', discarded: 'Discarded', whichTenants: 'Tenants',
  },
  es: {
    retry: 'Reintentar entregas muertas', discard: 'Descartar entregas muertas', letters: 'Entregas', events: 'de eventos', tenants: 'de tenants',
    reachPeople: 'envían algo a personas, o llevan a ello', retryNote: 'Cada una se publica otra vez en segundos; lo que salió bien sigue hecho.',
    discardNote: 'No se entregarán nunca. Sus eventos quedan registrados.', doRetry: 'Reintentar', doDiscard: 'Descartar', nothing: 'Ya no coincide nada.',
    progress: 'Cómo sigue', underWay: 'En camino', consumed: 'Consumidas', deadAgain: 'Muertas otra vez', discarded: 'Descartadas', whichTenants: 'Tenants',
  },
});

/** Where operators look at what a retry would do, do it or discard, and see how it goes on. */
export function steerLetterPages(api: Api, deps: ApiDeps): void {
  const { sql } = deps;
  for (const verb of VERBS) {
    page(api, deps, { path: `${DEAD_LETTERS}/${verb}`, params: none, query: letterFilter }, async ({ viewer: { language, mayWrite }, query }) => {
      const say = { ...common[language], ...said[language] };
      const preview = await previewRetry(sql, query);
      const fields = Object.entries(query).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)] as const);
      return {
        title: say[verb],
        body: html`
          ${facts([...fields.map(([name, value]) => [name, html`<code>${value}</code>`] as const)])}
          <ul class="tiles">
            <li class="tile"><span class="name">${say.letters}</span><span class="figure">${preview.letters}</span></li>
            <li class="tile"><span class="name">${say.events}</span><span class="figure">${preview.events}</span></li>
            <li class="tile"><span class="name">${say.tenants}</span><span class="figure">${preview.tenants}</span></li>
            <li class="tile ${preview.reachPeople > 0 && verb === 'retry' ? 'warn' : ''}"><span class="name">${say.reachPeople}</span><span class="figure">${preview.reachPeople}</span></li>
          </ul>
          ${preview.tenantIds.length === 0 ? '' : html`<p>${say.whichTenants}: ${preview.tenantIds.map((id) => html`<code>${id}</code> `)}</p>`}
          <p>${verb === 'retry' ? say.retryNote : say.discardNote}</p>
          ${preview.letters === 0 ? html`<p class="empty">${say.nothing}</p>` : html`<form method="post" action="${DEAD_LETTERS}/${verb}" class="actions">
            ${onceField()}${shownFields({ count: preview.letters, digest: preview.digest })}
            ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
            <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
            <button class="${verb === 'discard' ? 'danger' : ''}"${mayWrite ? '' : html` disabled`}>${verb === 'retry' ? say.doRetry : say.doDiscard} ${preview.letters}</button>
          </form>`}`,
      };
    });

    const form = letterFilter.extend({ ...shownForm, count: shownForm.count.max(MOST), reason: line(500) });
    action(api, deps, { path: `/dead-letters/${verb}`, params: none, form }, async ({ tx, form: { count, digest, reason, ...filter }, record }) => {
      const request = { ...Object.fromEntries(new URLSearchParams(search(filter))), count, reason };
      const actionId = await record(verb === 'retry' ? 'retry-dead-letters' : 'discard-dead-letters', request, { deliveries: count });
      await steerLetters(tx, filter, { verb, actionId, count, digest });
      return `${DEAD_LETTERS}/progress/${actionId}`;
    });
  }

  const progress = { path: `${DEAD_LETTERS}/progress/:actionId`, params: z.strictObject({ actionId: uuid }), query: none };
  page(api, deps, progress, async ({ viewer: { language, path }, params: { actionId } }) => {
    const say = { ...common[language], ...said[language] };
    const { underWay, consumed, deadAgain, discarded } = await readProgress(sql, actionId);
    const all = underWay + consumed + deadAgain + discarded;
    return {
      title: say.progress,
      body: html`${live('progress', path, html`
          <progress max="${all}" value="${all - underWay}" aria-label="${say.progress}"></progress>
          ${facts([[say.underWay, underWay], [say.consumed, consumed], [say.deadAgain, deadAgain], [say.discarded, discarded]])}`)}
        <p><a href="${UI}/actions/${actionId}">${say.seeRecord}</a> · <a href="${DEAD_LETTERS}">${say.deadLetters}</a></p>`,
    };
  });
}
