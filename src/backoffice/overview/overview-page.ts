import { html } from 'hono/html';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { none } from '../../api/http/route.ts';
import { type ConsumerStanding, type Minute, readConsumers, readMinutes, readTotals, type Totals } from './consumer-stats.ts';
import { type Answered, readAnswered } from './http-errors.ts';
import { type QueueStanding, readQueues } from './queue-standing.ts';
import { chart } from '../kit/chart.ts';
import { page } from '../kit/page.ts';
import { badge, duration, live, table, type Tone } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { common, type Language, words } from '../kit/words.ts';

const LATE_MS = 60_000;

const said = words({
  en: {
    lag: 'Oldest unpublished', pending: 'Unpublished', unpublishable: 'Can’t be published', dead: 'Dead letters', failing: 'Failing now',
    complete: 'Delivered of the last hour', notifications: 'Notifications failed, last hour', slots: 'Slots missed or failed, last day',
    overdue: 'Slots overdue', http: 'HTTP errors of this process', consumers: 'Consumers', consumer: 'Consumer', waiting: 'Waiting', oldest: 'Oldest waiting', active: 'Active batches',
    delayed: 'Delayed', median: 'Critical time, median', p99: '99 %', state: 'State', owed: 'Deliveries, last hour', open: 'open',
    committed: 'Events committed a minute', critical: 'Critical time in milliseconds', fine: 'fine', late: 'late', trouble: 'trouble', paused: 'paused',
    redisAway: 'Redis is unavailable: batches in the queues cannot be seen. Events are kept in PostgreSQL meanwhile.',
    refused: 'Its provider refuses our account, so that nothing leaves until somebody acts:', minute: 'Minute', figures: 'The figures',
  },
  es: {
    lag: 'El más antiguo sin publicar', pending: 'Sin publicar', unpublishable: 'No publicables', dead: 'Entregas muertas', failing: 'Fallando ahora',
    complete: 'Entregado de la última hora', notifications: 'Notificaciones fallidas, última hora', slots: 'Turnos perdidos o fallidos, último día',
    overdue: 'Turnos atrasados', http: 'Errores HTTP de este proceso', consumers: 'Consumidores', consumer: 'Consumidor', waiting: 'En espera', oldest: 'Espera más larga', active: 'Lotes en curso',
    delayed: 'Aplazadas', median: 'Tiempo crítico, mediana', p99: '99 %', state: 'Estado', owed: 'Entregas, última hora', open: 'abiertas',
    committed: 'Eventos confirmados por minuto', critical: 'Tiempo crítico en milisegundos', fine: 'bien', late: 'con retraso', trouble: 'con fallos', paused: 'en pausa',
    redisAway: 'Redis no está disponible: no se ven los lotes en las colas. Los eventos quedan en PostgreSQL mientras tanto.',
    refused: 'Su proveedor rechaza nuestra cuenta; no sale nada hasta que alguien lo resuelva:', minute: 'Minuto', figures: 'Las cifras',
  },
});
type Say = (typeof said)[Language];

const overview = { path: '/backoffice', params: none, query: none };

/** How everything stands, at a glance. */
export function overviewPage(api: Api, deps: ApiDeps): void {
  const { sql, queues, registry } = deps;
  page(api, deps, overview, async ({ viewer: { language, path } }) => {
    const say = said[language];
    const [totals, consumers, minutes, waiting, answered] = await Promise.all([
      readTotals(sql), readConsumers(sql), readMinutes(sql), readQueues(queues), readAnswered(registry),
    ]);
    const body = html`
      ${waiting === undefined ? html`<p class="note bad" role="alert">${say.redisAway}</p>` : ''}
      ${totals.refusedChannels.map((channel) => html`<p class="note bad" role="alert">${say.refused}
        <a href="${UI}/notifications?channel=${channel}&amp;status=queued">${channel}</a></p>`)}
      ${tiles(say, { ...totals, ...answered }, consumers)}
      <h2>${say.consumers}</h2>
      ${table({
        label: say.consumers, language,
        head: [say.consumer, say.state, say.waiting, say.oldest, say.active, say.delayed, say.owed, say.median, say.p99, say.failing, say.dead],
        rows: consumers.map((one) => consumerRow(say, one, waiting?.get(one.consumer))),
      })}
      <div class="two">${charts(say, minutes)}</div>`;
    return { title: common[language].overview, body: live('overview', path, body) };
  });
}

function tiles(say: Say, totals: Totals & Answered, consumers: readonly ConsumerStanding[]): Html {
  const sum = (of: (one: ConsumerStanding) => number) => consumers.reduce((total, one) => total + of(one), 0);
  const [owed, settled, unresolved] = [sum((one) => one.owed), sum((one) => one.consumed + one.dead), sum((one) => one.unresolved)];
  const tile = (name: string, figure: string | number, href: string | undefined, tone: Tone | '' = '') =>
    html`<li class="tile ${tone}">${href === undefined ? html`<span class="name">${name}</span>` : html`<a class="name" href="${href}">${name}</a>`}
      <span class="figure">${figure}</span></li>`;
  const bad = (count: number) => (count > 0 ? 'bad' : '');
  return html`<ul class="tiles">
      ${tile(say.lag, duration(totals.oldestPendingMs), `${UI}/events?status=pending`, bad(totals.oldestPendingMs > LATE_MS ? 1 : 0))}
      ${tile(say.pending, totals.pending, `${UI}/events?status=pending`)}
      ${tile(say.unpublishable, totals.unpublishable, `${UI}/events?status=failed`, bad(totals.unpublishable))}
      ${tile(say.complete, owed === 0 ? '–' : percent(settled / owed), `${UI}/events`, settled < owed ? 'warn' : '')}
      ${tile(say.dead, unresolved, `${UI}/dead-letters`, bad(unresolved))}
      ${tile(say.failing, sum((one) => one.failing), `${UI}/dead-letters`, sum((one) => one.failing) > 0 ? 'warn' : '')}
      ${tile(say.notifications, `${totals.failedNotifications} / ${totals.failedNotifications + totals.sentNotifications}`, `${UI}/notifications?status=failed`, bad(totals.failedNotifications))}
      ${tile(say.slots, totals.missedSlots + totals.failedSlots, `${UI}/jobs`, bad(totals.missedSlots + totals.failedSlots))}
      ${tile(say.http, `${totals.errors} / ${totals.requests}`, undefined, bad(totals.errors))}
      ${tile(say.overdue, totals.overdueSlots, `${UI}/jobs`, bad(totals.overdueSlots))}
    </ul>`;
}

/** Rounded down: what is open must not hide behind 100 %. */
const percent = (share: number) => `${Math.floor(share * 10_000) / 100} %`;

function consumerRow(say: Say, one: ConsumerStanding, queue: QueueStanding | undefined) {
  const oldestMs = Math.max(one.oldestDueMs, queue?.oldestWaitingMs ?? 0);
  const state: readonly [string, Tone] =
    queue?.isPaused === true ? [say.paused, 'warn']
    : one.unresolved > 0 || one.failing > 0 ? [say.trouble, 'bad']
    : oldestMs > LATE_MS ? [say.late, 'warn']
    : [say.fine, 'good'];
  const open = one.owed - one.consumed - one.dead;
  return [
    html`<a href="/backoffice/queues/queue/${one.consumer}">${one.consumer}</a>`,
    badge(...state),
    one.due + one.queued, duration(oldestMs), queue?.active, one.delayed,
    `${one.owed}${open > 0 ? ` (${open} ${say.open})` : ''}`,
    one.medianMs === null ? null : duration(one.medianMs),
    one.p99Ms === null ? null : duration(one.p99Ms),
    one.failing,
    one.unresolved === 0 ? 0 : html`<a href="${UI}/dead-letters?consumer=${one.consumer}">${one.unresolved}</a>`,
  ];
}

function charts(say: Say, busy: readonly Minute[]): Html {
  const minutes = everyMinute(busy);
  const times = minutes.map(({ at }) => at);
  const words = { time: say.minute, figures: say.figures };
  return html`
    ${chart({ ...words, caption: say.committed, times, lines: [{ label: say.committed, values: minutes.map(({ committed }) => committed) }] })}
    ${chart({ ...words, caption: say.critical, times, lines: [
      { label: say.median, values: minutes.map(({ medianMs }) => medianMs) },
      { label: say.p99, values: minutes.map(({ p99Ms }) => p99Ms) },
    ] })}`;
}

const MINUTE_MS = 60_000;

/** The last hour's minutes, also those in which nothing happened. */
function everyMinute(busy: readonly Minute[]): readonly Minute[] {
  const byTime = new Map(busy.map((minute) => [minute.at.getTime(), minute]));
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const last = Math.max(now, busy.at(-1)?.at.getTime() ?? 0); // the database's clock may be ahead
  return Array.from({ length: 60 }, (_, index) => {
    const at = new Date(last - (59 - index) * MINUTE_MS);
    return byTime.get(at.getTime()) ?? { at, committed: 0, medianMs: null, p99Ms: null };
  });
}
