import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { uuid } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import { type answers, explainNotification } from './explain-notification.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { notificationTable } from './notification-table.ts';
import { NOTIFICATIONS } from './notifications-page.ts';
import { page } from '../kit/page.ts';
import { facts, idLink, table, time, type Tone } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { timeline } from '../events/timeline-list.ts';
import { toldSteps } from '../events/told-steps.ts';
import { words } from '../kit/words.ts';

const said = words({
  en: {
    title: 'Why was somebody told, or not?', ask: 'Explain', event: 'Event', user: 'User', type: 'Type', notifications: 'What it came to', steps: 'What was decided and tried',
    digests: 'Gathered in a digest', digest: 'Digest', closes: 'Closes', closed: 'Closed', told: 'Told by',
    'decided': 'It was decided, channel by channel, as follows.',
    'not yet decided': 'It is not decided yet: the event is still on its way to who decides.',
    'could not be decided': 'It could not be decided: the event is a dead letter.',
    'the event tells nobody': 'Nobody is told of such an event.',
    'the event does not tell this user': 'The event tells others, not this user.',
  },
  es: {
    title: '¿Por qué se avisó a alguien, o no?', ask: 'Explicar', event: 'Evento', user: 'Usuario', type: 'Tipo', notifications: 'En qué quedó', steps: 'Lo que se decidió e intentó',
    digests: 'Reunido en un resumen', digest: 'Resumen', closes: 'Se cierra', closed: 'Cerrado', told: 'Lo avisa',
    'decided': 'Se decidió, canal por canal, así.',
    'not yet decided': 'Aún no se ha decidido: el evento va de camino a quien decide.',
    'could not be decided': 'No se pudo decidir: el evento es una entrega muerta.',
    'the event tells nobody': 'De un evento así no se avisa a nadie.',
    'the event does not tell this user': 'El evento avisa a otros, no a este usuario.',
  },
});

const TONES: Readonly<Record<(typeof answers)[number], Tone>> = {
  decided: 'good', 'not yet decided': 'warn', 'could not be decided': 'bad', 'the event tells nobody': 'calm', 'the event does not tell this user': 'calm',
};

const one = { path: `${NOTIFICATIONS}/explain`, params: none, query: z.strictObject({ eventId: uuid.optional(), userId: uuid.optional() }) };

/** The page that answers why a user was, or was not, told of an event. */
export function explainNotificationPage(api: Api, deps: ApiDeps): void {
  page(api, deps, one, async ({ viewer, query: { eventId, userId } }) => {
    const say = said[viewer.language];
    const field = (name: string, label: string, value = '') =>
      html`<label>${label}<input name="${name}" value="${value}" required autocomplete="off" spellcheck="false" /></label>`;
    const asking = html`<form method="get" class="actions">
        ${field('eventId', say.event, eventId)} ${field('userId', say.user, userId)}<button>${say.ask}</button></form>`;
    if (eventId === undefined || userId === undefined) return { title: say.title, body: asking };
    const explained = factsFor(viewer.operator, await explainNotification(deps.sql, { eventId, userId }));
    return { title: say.title, body: html`${asking}${answered(explained, viewer)}` };
  });
}

function answered({ answer, error, notifications, steps, digests, ...of }: Awaited<ReturnType<typeof explainNotification>>, viewer: Viewer): Html {
  const { language } = viewer;
  const say = said[language];
  return html`<p class="note ${TONES[answer]}">${say[answer]}${error === null ? '' : html` <code>${error}</code>`}</p>
    ${facts([
      [say.type, of.eventType],
      [say.event, html`<a href="${UI}/events/${of.eventId}"><code>${of.eventId}</code></a>`],
      [say.user, html`<a href="${NOTIFICATIONS}?userId=${of.userId}"><code>${of.userId}</code></a>`],
    ])}
    ${notifications.length === 0 ? '' : html`<h2>${say.notifications}</h2>${notificationTable(notifications, { label: say.notifications, viewer })}`}
    ${steps.length === 0 ? '' : html`<h2>${say.steps}</h2>${timeline(toldSteps(steps, language))}`}
    ${digests.length === 0 ? '' : html`<h2>${say.digests}</h2>${table({
      label: say.digests, language,
      head: [say.digest, say.closes, say.closed, say.told],
      rows: digests.map(({ id, closesAt, closedAt, eventId }) => [
        html`<code>${id}</code>`, time(closesAt), time(closedAt), eventId && idLink(`${UI}/events/${eventId}`, eventId),
      ]),
    })}`}`;
}
