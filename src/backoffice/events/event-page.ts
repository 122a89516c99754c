import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { listNotifications, readSteps } from '../notifications/notification-audit.ts';
import { type EventView, listEvents } from './outbox-events.ts';
import { readFamily, readHops } from './timeline.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { placeDeliveries } from './place-deliveries.ts';
import { familyTree } from './family-tree.ts';
import { notificationTable } from '../notifications/notification-table.ts';
import { page } from '../kit/page.ts';
import { facts, live } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { stepsOf } from './timeline-steps.ts';
import { timeline } from './timeline-list.ts';
import { waysBack } from './ways-back.ts';
import { common, type Language, words } from '../kit/words.ts';

const said = words({
  en: {
    timeline: 'What happened', family: 'What the request set off', type: 'Type', tenant: 'Tenant', actor: 'Actor', request: 'Request', version: 'version',
    told: 'Notifications of this event',
  },
  es: {
    timeline: 'Lo que pasó', family: 'Lo que la petición desencadenó', type: 'Tipo', tenant: 'Tenant', actor: 'Actor', request: 'Petición', version: 'versión',
    told: 'Notificaciones de este evento',
  },
});

const one = { path: `${UI}/events/:id`, params: z.strictObject({ id: uuid }), query: none };

/** One event's way across every hop, and its relatives. */
export function eventTimelinePage(api: Api, deps: ApiDeps): void {
  const { sql } = deps;
  page(api, deps, one, async ({ viewer, params: { id } }) => {
    const { language, path } = viewer;
    const say = said[language];
    const [event] = await listEvents(sql, { filter: { eventId: id }, before: undefined, limit: 1 });
    if (event === undefined) throw notFound();
    const [hops, family, told, notifications] = await Promise.all([
      readHops(sql, id), readFamily(sql, event.correlationId), readSteps(sql, id),
      listNotifications(sql, { filter: { eventId: id }, before: undefined, limit: 100 }),
    ]);
    const placed = await placeDeliveries(deps, { event, hops });
    const facts = factsFor(viewer.operator, { event, hops: placed, told });
    const steps = stepsOf({ ...facts, followers: family.filter(({ causationId }) => causationId === id) }, language);
    return {
      title: event.eventType,
      body: html`${heading(event, language)}${waysBack({ event, hops: placed }, viewer)}
        <h2>${say.timeline}</h2>${live('timeline', path, timeline(steps))}
        ${notifications.length === 0 ? '' : html`<h2>${say.told}</h2>${notificationTable(notifications, { label: say.told, viewer })}`}
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
