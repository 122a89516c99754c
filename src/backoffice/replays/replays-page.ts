import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit, line, uuid } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { listSubscribed, type Subscribed } from '../../kernel/consumers/list-consumers.ts';
import { listReplays, readReplay, type Replay, type ReplayReport, type ReplayState } from '../../kernel/consumers/replay-requests.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { cancelReplay, askReplay, confirmReplay } from './steer-replays.ts';
import { action, onceField } from '../kit/action.ts';
import { moment } from '../kit/fields.ts';
import { page } from '../kit/page.ts';
import { badge, facts, idLink, live, pager, table, time, type Tone } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { common, type Language, words } from '../kit/words.ts';

const REPLAYS = `${UI}/replays`;
const SCOPE = 'replays';

const said = words({
  en: {
    consumer: 'Consumer', choose: 'Choose a consumer', window: 'Events committed', state: 'State', handled: 'Handled', askedAt: 'Asked', replay: 'Replay', start: 'Try a replay',
    intro: 'A consumer handles events of the past again. What it did before it finds done; what is missing it does now. The trial runs for real in a transaction that is rolled back.',
    tryOut: 'Try out', confirm: 'Replay for good', resume: 'Go on', cancel: 'Cancel', trial: 'What the trial did before it was rolled back', events: 'Events in the window', tried: 'Tried',
    tenants: 'Tenants', tables: 'Rows written', table: 'Table', inserted: 'Inserted', updated: 'Updated', deleted: 'Deleted', following: 'Events that would follow', type: 'Type', count: 'Count',
    waiting: 'A worker takes it within seconds.', silent: 'What would leave by mail, push or WhatsApp is suppressed; the inbox is completed.', broke: 'It broke off',
    asked: 'to be tried', triedState: 'tried', running: 'running', done: 'done', failed: 'failed', cancelled: 'cancelled', safe: 'may be replayed', suppressNotifications: 'may be replayed, in silence', forbidden: 'may not be replayed', effect: 'reaches outside: may not be replayed', consumers: 'What may be replayed',
  },
  es: {
    consumer: 'Consumidor', choose: 'Elige un consumidor', window: 'Eventos confirmados', state: 'Estado', handled: 'Tratados', askedAt: 'Pedida', replay: 'Repetición', start: 'Probar una repetición',
    intro: 'Un consumidor trata otra vez eventos del pasado. Lo que ya hizo lo encuentra hecho; lo que falta lo hace ahora. La prueba se ejecuta de verdad en una transacción que se deshace.',
    tryOut: 'Probar', confirm: 'Repetir de verdad', resume: 'Continuar', cancel: 'Cancelar', trial: 'Lo que hizo la prueba antes de deshacerse', events: 'Eventos en el período', tried: 'Probados',
    tenants: 'Tenants', tables: 'Filas escritas', table: 'Tabla', inserted: 'Insertadas', updated: 'Actualizadas', deleted: 'Borradas', following: 'Eventos que seguirían', type: 'Tipo', count: 'Cantidad',
    waiting: 'Un worker la toma en segundos.', silent: 'Lo que saldría por correo, push o WhatsApp se suprime; la bandeja se completa.', broke: 'Se interrumpió',
    asked: 'por probar', triedState: 'probada', running: 'en curso', done: 'hecha', failed: 'fallida', cancelled: 'cancelada', safe: 'se puede repetir', suppressNotifications: 'se puede repetir, en silencio', forbidden: 'no se puede repetir', effect: 'llega afuera: no se puede repetir', consumers: 'Lo que se puede repetir',
  },
});

const list = { path: REPLAYS, params: none, query: z.strictObject({ limit, cursor }) };
const one = { path: `${REPLAYS}/:id`, params: z.strictObject({ id: uuid }), query: none };
const window = z.strictObject({ consumer: z.string().regex(/^[a-z][a-z-]{0,99}$/), from: moment, to: moment, reason: line(500) });

/** Where operators let a consumer handle the past again, after a trial. */
export function replayPages(api: Api, deps: ApiDeps): void {
  const { sql } = deps;
  page(api, deps, list, async ({ viewer, query }) => {
    const { language } = viewer;
    const say = { ...common[language], ...said[language] };
    const rows = await listReplays(sql, { before: endOf(SCOPE, query.cursor), limit: query.limit + 1 });
    const { page: shown, nextCursor } = cutPage(rows, { scope: SCOPE, limit: query.limit });
    return {
      title: say.replays,
      body: html`<p>${say.intro}</p>
        ${viewer.mayWrite ? startForm(await listSubscribed(sql), language) : ''}
        ${table({
          label: say.replays, language,
          head: [say.askedAt, say.replay, say.consumer, say.window, say.state, say.handled],
          rows: shown.map((replay) => [
            time(replay.askedAt), idLink(`${REPLAYS}/${replay.id}`, replay.id), replay.consumer,
            html`${time(replay.from)} – ${time(replay.to)}`, stateBadge(replay.state, language), replay.handled,
          ]),
        })}
        ${pager({ query, nextCursor, language })}`,
    };
  });

  page(api, deps, one, async ({ viewer, params: { id } }) => {
    const replay = await readReplay(sql, id);
    if (replay === undefined) throw notFound();
    return { title: `${said[viewer.language].replay}: ${replay.consumer}`, body: live('replay', viewer.path, replayBody(factsFor(viewer.operator, replay), viewer)) };
  });

  action(api, deps, { path: '/replays', params: none, form: window }, async ({ tx, form: { reason, ...asked }, now, record }) => {
    const request = { consumer: asked.consumer, from: asked.from.toISOString(), to: asked.to.toISOString(), reason };
    const id = await record('ask-replay', request);
    await askReplay(tx, id, { ...asked, now });
    return `${REPLAYS}/${id}`;
  });
  for (const [verb, name, steer] of [['confirm', 'confirm-replay', confirmReplay], ['cancel', 'cancel-replay', cancelReplay]] as const) {
    action(api, deps, { path: `/replays/:id/${verb}`, params: one.params, form: z.strictObject({ reason: line(500) }) }, async ({ tx, params: { id }, form, record }) => {
      const { before, after } = await steer(tx, id);
      await record(name, { replayId: id, ...form }, { before, after });
      return `${REPLAYS}/${id}`;
    });
  }
}

function startForm(consumers: readonly Subscribed[], language: Language): Html {
  const say = { ...common[language], ...said[language] };
  const replayable = consumers.filter(({ kind, replay }) => kind === 'reaction' && replay !== 'forbidden');
  return html`<details class="card"><summary>${say.start}</summary>
      <form method="post" action="${REPLAYS}" class="filters">${onceField()}
        <label>${say.consumer}<select name="consumer" required><option value="">${say.choose}</option>${replayable.map(({ name }) => html`<option>${name}</option>`)}</select></label>
        <label>${say.from}<input type="datetime-local" name="from" step="1" required /></label>
        <label>${say.to}<input type="datetime-local" name="to" step="1" required /></label>
        <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
        <button>${say.tryOut}</button>
      </form>
      <h2>${say.consumers}</h2>
      <ul>${consumers.map(({ name, kind, replay }) => html`<li>${name}: ${kind === 'outbound' ? say.effect : say[replay]}</li>`)}</ul>
    </details>`;
}

const TONES: Readonly<Record<ReplayState, Tone>> = { asked: 'warn', tried: 'warn', running: 'warn', done: 'good', failed: 'bad', cancelled: 'calm' };
const stateBadge = (state: ReplayState, language: Language): Html => badge(said[language][state === 'tried' ? 'triedState' : state], TONES[state]);

function replayBody(replay: Replay, { language, mayWrite }: Viewer): Html {
  const say = { ...common[language], ...said[language] };
  const { id, state, report, handled, failure } = replay;
  // Its id keeps a form itself when another comes before it: what is typed must not become the other's.
  const steer = (verb: 'confirm' | 'cancel', label: string, kind = '') => html`<form id="${verb}" method="post" action="${REPLAYS}/${id}/${verb}" class="actions">${onceField()}
      <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label><button class="${kind}">${label}</button></form>`;
  const isTried = state === 'tried' && report !== null && report.failure === undefined && report.events > 0;
  return html`
    ${facts([[say.state, stateBadge(state, language)], [say.consumer, replay.consumer], [say.window, html`${time(replay.from)} – ${time(replay.to)}`], [say.handled, handled]])}
    ${state === 'running' && report !== null ? html`<progress max="${report.events}" value="${handled}" aria-label="${say.handled}"></progress>` : ''}
    ${state === 'asked' ? html`<p class="note">${say.waiting}</p>` : ''}
    ${failure === null ? '' : html`<p class="note bad">${say.broke}: ${failure}</p>`}
    ${report === null ? '' : trialBody(report, language)}
    ${mayWrite && (isTried || (state === 'failed' && report !== null)) ? steer('confirm', state === 'failed' ? say.resume : say.confirm) : ''}
    ${mayWrite && ['asked', 'tried', 'running'].includes(state) ? steer('cancel', say.cancel, 'quiet') : ''}
    <p><a href="${UI}/actions/${id}">${say.seeRecord}</a></p>`;
}

function trialBody({ events, tried, tenants, tables, following, failure }: ReplayReport, language: Language): Html {
  const say = said[language];
  return html`<h2>${say.trial}</h2>
    ${failure === undefined ? '' : html`<p class="note bad">${say.broke}: ${failure}</p>`}
    ${facts([[say.events, events], [say.tried, tried], [say.tenants, tenants]])}
    <div class="two">
      <div><h3>${say.tables}</h3>${table({
        label: say.tables, language, head: [say.table, say.inserted, say.updated, say.deleted],
        rows: Object.entries(tables).map(([name, writes]) => [html`<code>${name}</code>`, writes.inserted, writes.updated, writes.deleted]),
      })}</div>
      <div><h3>${say.following}</h3>${table({ label: say.following, language, head: [say.type, say.count], rows: Object.entries(following) })}
        <p class="soft">${say.silent}</p></div>
    </div>`;
}
