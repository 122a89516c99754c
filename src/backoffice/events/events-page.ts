import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { contracts } from '../../events/index.ts';
import { none } from '../../api/http/route.ts';
import { type DeliveryView, type EventView, listEvents } from './outbox-events.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { moment, toField } from '../kit/fields.ts';
import { page } from '../kit/page.ts';
import { badge, duration, filters, idLink, pager, table, time, type Tone } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { common, type Language, words } from '../kit/words.ts';

const SCOPE = 'events page';
const STATUSES = ['pending', 'published', 'failed'] as const;
const types = contracts.map(({ type }) => type);

const said = words({
  en: {
    type: 'Type', status: 'Status', tenant: 'Tenant', event: 'Event', request: 'Request', committed: 'Committed', published: 'To publication', deliveries: 'Deliveries',
  },
  es: {
    type: 'Tipo', status: 'Estado', tenant: 'Tenant', event: 'Evento', request: 'Petición', committed: 'Confirmado', published: 'Hasta publicarse', deliveries: 'Entregas',
  },
});

const list = {
  path: `${UI}/events`,
  params: none,
  query: z.strictObject({
    type: z.enum(types as [string, ...string[]]).optional(), status: z.enum(STATUSES).optional(), tenantId: uuid.optional(),
    eventId: uuid.optional(), correlationId: uuid.optional(), from: moment.optional(), to: moment.optional(), limit, cursor,
  }),
};

/** The outbox, by what operators look for. */
export function eventPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language, operator }, query }) => {
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, ...filter } = query;
    const rows = await listEvents(deps.sql, { filter, before: endOf(SCOPE, given), limit: size + 1 });
    const { page: shown, nextCursor } = cutPage(rows.map((row) => ({ ...row, id: row.eventId })), { scope: SCOPE, limit: size });
    return {
      title: say.events,
      body: html`
        ${filters([
          { name: 'type', label: say.type, value: filter.type, choices: types },
          { name: 'status', label: say.status, value: filter.status, choices: STATUSES },
          { name: 'tenantId', label: say.tenant, value: filter.tenantId },
          { name: 'eventId', label: say.event, value: filter.eventId },
          { name: 'correlationId', label: say.request, value: filter.correlationId },
          { name: 'from', label: say.from, value: toField(filter.from), type: 'datetime-local' },
          { name: 'to', label: say.to, value: toField(filter.to), type: 'datetime-local' },
        ], language)}
        ${table({
          label: say.events, language,
          head: [say.committed, say.type, say.event, say.tenant, say.published, say.deliveries],
          rows: factsFor(operator, shown).map((event) => [
            time(event.createdAt),
            event.eventType,
            idLink(`${UI}/events/${event.eventId}`, event.eventId),
            event.tenantId === null ? null : idLink(`?tenantId=${event.tenantId}`, event.tenantId),
            published(event),
            html`${event.deliveries.map((delivery) => deliveryBadge(delivery, language))}`,
          ]),
        })}
        ${pager({ query, nextCursor, language })}`,
    };
  });
}

function published({ status, createdAt, publishedAt, failure }: EventView): Html | string {
  if (status === 'failed') return html`${badge(status, 'bad')} ${failure}`;
  if (publishedAt === null) return badge(status, 'warn');
  return duration(publishedAt.getTime() - createdAt.getTime());
}

const TONES: Readonly<Record<DeliveryView['state'], Tone>> = { consumed: 'good', dead: 'bad', 'in flight': 'warn', unpublished: 'calm' };
const spoken: Readonly<Record<Language, Readonly<Record<DeliveryView['state'], string>>>> = {
  en: { consumed: 'consumed', dead: 'dead', 'in flight': 'in flight', unpublished: 'unpublished' },
  es: { consumed: 'consumida', dead: 'muerta', 'in flight': 'en camino', unpublished: 'sin publicar' },
};

const deliveryBadge = ({ consumer, state }: DeliveryView, language: Language): Html =>
  html`${badge(state === 'consumed' ? consumer : `${consumer}: ${spoken[language][state]}`, TONES[state])} `;
