import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/context.ts';
import { uuid } from '../../api/fields.ts';
import { notFound } from '../../api/problem.ts';
import { none } from '../../api/route.ts';
import { listNotifications, type NotificationView, readSteps } from '../../store/notification-audit.ts';
import { type EventView, listEvents } from '../../store/outbox-events.ts';
import { readFamily, readHops } from '../../store/timeline.ts';
import { placeDeliveries } from '../place-deliveries.ts';
import { familyTree } from './family-tree.ts';
import { page } from './page.ts';
import { badge, duration, facts, idLink, live, table, time } from './parts.ts';
import { type Html, UI } from './shell.ts';
import { stepsOf, type TimelineStep } from './timeline-steps.ts';
import { common, type Language, words } from './words.ts';

const said = words({
  en: {
    timeline: 'What happened', family: 'What the request set off', type: 'Type', tenant: 'Tenant', actor: 'Actor', request: 'Request', version: 'version',
    told: 'Notifications of this event', user: 'User', channel: 'Channel', template: 'Template', status: 'Status', why: 'Why', explain: 'explain',
  },
  es: {
    timeline: 'Lo que pasó', family: 'Lo que la petición desencadenó', type: 'Tipo', tenant: 'Tenant', actor: 'Actor', request: 'Petición', version: 'versión',
    told: 'Notificaciones de este evento', user: 'Usuario', channel: 'Canal', template: 'Plantilla', status: 'Estado', why: 'Por qué', explain: 'explicar',
  },
});

const one = { path: `${UI}/events/:id`, params: z.strictObject({ id: uuid }), query: none };

/** One event's way across every hop, and its relatives. */
export function eventTimelinePage(api: Api, deps: ApiDeps): void {
  const { sql } = deps;
  page(api, deps, one, async ({ viewer: { language, path }, params: { id } }) => {
    const say = said[language];
    const [event] = await listEvents(sql, { filter: { eventId: id }, before: undefined, limit: 1 });
    if (event === undefined) throw notFound();
    const [hops, family, told, notifications] = await Promise.all([
      readHops(sql, id), readFamily(sql, event.correlationId), readSteps(sql, id),
      listNotifications(sql, { filter: { eventId: id }, before: undefined, limit: 100 }),
    ]);
    const placed = await placeDeliveries(deps, { event, hops });
    const steps = stepsOf({ event, hops: placed, told, followers: family.filter(({ causationId }) => causationId === id) }, language);
    return {
      title: event.eventType,
      body: html`${heading(event, language)}
        <h2>${say.timeline}</h2>${live('timeline', path, timeline(steps))}
        ${notifications.length === 0 ? '' : html`<h2>${say.told}</h2>${notificationTable(notifications, language)}`}
        <h2>${say.family}</h2>${familyTree(family, id)}`,
    };
  });
}

function heading(event: EventView, language: Language): Html {
  const say = { ...common[language], ...said[language] };
  return facts([
    [say.type, html`${event.eventType} <span class="soft">${say.version} ${event.schemaVersion}</span>`],
    ['eventId', html`<code>${event.eventId}</code>`],
    [say.tenant, event.tenantId && html`<a href="${UI}/events?tenantId=${event.tenantId}"><code>${event.tenantId}</code></a>`],
    [say.actor, event.actorUserId && html`<code>${event.actorUserId}</code>`],
    [say.request, html`<a href="${UI}/events?correlationId=${event.correlationId}"><code>${event.correlationId}</code></a>`],
    [say.trace, event.traceparent && html`<code>${event.traceparent.split('-')[1]}</code>`],
  ]);
}

/** The steps in their order, each with the wait before it; what is missing has no time and stands last. */
function timeline(steps: readonly TimelineStep[]): Html {
  let last: number | undefined;
  const rows = steps.map((step) => {
    const at = step.at?.getTime();
    const wait = at === undefined || last === undefined ? undefined : Math.max(0, at - last);
    last = at ?? last;
    return html`<li class="${step.tone}">
        <span class="when">${step.at === undefined ? '' : time(step.at)}${wait === undefined ? '' : html`<span class="soft"> +${duration(wait)}</span>`}</span>
        <span class="what">${step.what}${step.detail == null ? '' : html` <span class="soft">${step.detail}</span>`}</span>
      </li>`;
  });
  return html`<ol class="timeline">${rows}</ol>`;
}

function notificationTable(notifications: readonly NotificationView[], language: Language): Html {
  const say = said[language];
  return table({
    label: say.told, language,
    head: [say.user, say.channel, say.template, say.status, say.why, say.explain],
    rows: notifications.map(({ userId, eventId, channel, template, status, reason }) => [
      idLink(`${UI}/notifications?userId=${userId}`, userId), channel, template, badge(status), reason,
      html`<a href="${UI}/notifications/explain?eventId=${eventId}&userId=${userId}">${say.explain}</a>`,
    ]),
  });
}
