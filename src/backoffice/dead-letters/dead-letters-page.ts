import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import { type LetterGroup, listGroups, listLetters } from '../../kernel/consumers/dead-letters.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { letterFilter } from './letter-fields.ts';
import { page } from '../kit/page.ts';
import { badge, filters, idLink, pager, search, table, time } from '../kit/parts.ts';
import { toField } from '../kit/fields.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

export const DEAD_LETTERS = `${UI}/dead-letters`;
const SCOPE = 'dead letters';
const position = z.tuple([uuid, z.string().max(100)]);

export const said = words({
  en: {
    consumer: 'Consumer', type: 'Event type', error: 'Error', letters: 'Letters', tenants: 'Tenants', first: 'First seen', last: 'Last seen',
    event: 'Event', tenant: 'Tenant', attempts: 'Attempts', fingerprint: 'Fingerprint', open: 'open', retryAll: 'Retry these …', discardAll: 'Discard these …', fits: 'What fits, one by one',
    empty: 'No delivery is dead.',
  },
  es: {
    consumer: 'Consumidor', type: 'Tipo de evento', error: 'Error', letters: 'Entregas', tenants: 'Tenants', first: 'Vista por primera vez', last: 'Vista por última vez',
    event: 'Evento', tenant: 'Tenant', attempts: 'Intentos', fingerprint: 'Huella', open: 'abrir', retryAll: 'Reintentar estas …', discardAll: 'Descartar estas …', fits: 'Lo que coincide, una por una',
    empty: 'No hay entregas muertas.',
  },
});

const list = { path: DEAD_LETTERS, params: none, query: letterFilter.extend({ limit, cursor }) };

/** Dead letters by what they have in common, and those that fit a filter one by one. */
export function deadLetterPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer, query }) => {
    const { language, mayWrite } = viewer;
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, ...filter } = query;
    const before = given === undefined ? undefined : readCursor(SCOPE, position, given);
    const [groups, rows] = await Promise.all([listGroups(deps.sql, filter), listLetters(deps.sql, filter, { before, limit: size + 1 })]);
    const letters = rows.slice(0, size);
    const last = rows.length > size ? letters.at(-1) : undefined;
    const nextCursor = last === undefined ? null : writeCursor(SCOPE, [last.eventId, last.consumer]);
    const ways = (query: object) => html`
      <a class="button" href="${DEAD_LETTERS}/retry?${search({ ...query })}">${say.retryAll}</a>
      <a class="button quiet" href="${DEAD_LETTERS}/discard?${search({ ...query })}">${say.discardAll}</a>`;
    return {
      title: say.deadLetters,
      body: html`
        ${filters([
          { name: 'consumer', label: say.consumer, value: filter.consumer },
          { name: 'eventType', label: say.type, value: filter.eventType },
          { name: 'fingerprint', label: say.fingerprint, value: filter.fingerprint },
          { name: 'tenantId', label: say.tenant, value: filter.tenantId },
          { name: 'from', label: say.from, value: toField(filter.from), type: 'datetime-local' },
          { name: 'to', label: say.to, value: toField(filter.to), type: 'datetime-local' },
        ], language)}
        ${mayWrite && groups.length > 0 ? html`<p class="actions">${ways(filter)}</p>` : ''}
        ${groups.length === 0 ? html`<p class="empty">${say.empty}</p>` : table({
          label: say.deadLetters, language,
          head: [say.letters, say.error, say.consumer, say.type, say.tenants, say.first, say.last],
          rows: factsFor(viewer.operator, groups).map((group) => [
            html`<a href="?${search(groupFilter(group))}">${badge(String(group.letters), 'bad')}</a>`,
            html`${group.error} <span class="soft"><code>${group.fingerprint.slice(0, 8)}</code></span>`,
            group.consumer, group.eventType, group.tenants, time(group.firstSeenAt), time(group.lastSeenAt),
          ]),
        })}
        ${letters.length === 0 ? '' : html`<h2>${say.fits}</h2>${table({
          label: say.fits, language,
          head: [say.event, say.type, say.consumer, say.tenant, say.attempts, say.error, say.last],
          rows: factsFor(viewer.operator, letters).map((letter) => [
            idLink(`${UI}/events/${letter.eventId}`, letter.eventId),
            letter.eventType, letter.consumer,
            letter.tenantId === null ? null : idLink(`?tenantId=${letter.tenantId}`, letter.tenantId),
            letter.attempts, letter.error, time(letter.lastFailedAt),
          ]),
        })}${pager({ query, nextCursor, language })}`}`,
    };
  });
}

const groupFilter = ({ consumer, eventType, fingerprint }: LetterGroup) => ({ consumer, eventType, fingerprint });
