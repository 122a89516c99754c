import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { code, cursor, limit, uuid } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { none } from '../../api/http/route.ts';
import { channelParts } from '../../notifications/templates/template-contract.ts';
import { listNotifications } from './notification-audit.ts';
import { channelName, notificationStatus } from './notifications.ts';
import { moment, toField } from '../kit/fields.ts';
import { notificationTable } from './notification-table.ts';
import { page } from '../kit/page.ts';
import { filters, pager } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

export const NOTIFICATIONS = `${UI}/notifications`;
const SCOPE = 'notifications page';

const said = words({
  en: {
    status: 'Status', channel: 'Channel', template: 'Template', user: 'User', tenant: 'Tenant', event: 'Event',
    why: 'Why was somebody told, or not?', recover: 'Recover what failed …', missed: 'Missed notices …',
  },
  es: {
    status: 'Estado', channel: 'Canal', template: 'Plantilla', user: 'Usuario', tenant: 'Tenant', event: 'Evento',
    why: '¿Por qué se avisó a alguien, o no?', recover: 'Recuperar lo que falló …', missed: 'Avisos perdidos …',
  },
});

const list = {
  path: NOTIFICATIONS,
  params: none,
  query: z.strictObject({
    status: notificationStatus.optional(), channel: channelName.optional(), template: code.optional(), userId: uuid.optional(),
    tenantId: uuid.optional(), eventId: uuid.optional(), from: moment.optional(), to: moment.optional(), limit, cursor,
  }),
};

/** What users were or will be told, and how far it came. */
export function notificationPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer, query }) => {
    const { language, mayWrite } = viewer;
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor: given, ...filter } = query;
    const rows = await listNotifications(deps.sql, { filter, before: endOf(SCOPE, given), limit: size + 1 });
    const { page: shown, nextCursor } = cutPage(rows, { scope: SCOPE, limit: size });
    return {
      title: say.notifications,
      body: html`
        ${filters([
          { name: 'status', label: say.status, value: filter.status, choices: notificationStatus.options },
          { name: 'channel', label: say.channel, value: filter.channel, choices: Object.keys(channelParts) },
          { name: 'template', label: say.template, value: filter.template },
          { name: 'userId', label: say.user, value: filter.userId },
          { name: 'tenantId', label: say.tenant, value: filter.tenantId },
          { name: 'eventId', label: say.event, value: filter.eventId },
          { name: 'from', label: say.from, value: toField(filter.from), type: 'datetime-local' },
          { name: 'to', label: say.to, value: toField(filter.to), type: 'datetime-local' },
        ], language)}
        <p class="actions">
          <a class="button quiet" href="${NOTIFICATIONS}/explain">${say.why}</a>
          ${mayWrite ? html`<a class="button quiet" href="${NOTIFICATIONS}/recover">${say.recover}</a>` : ''}
          <a class="button quiet" href="${NOTIFICATIONS}/missed">${say.missed}</a>
        </p>
        ${notificationTable(shown, { label: say.notifications, viewer })}
        ${pager({ query, nextCursor, language })}`,
    };
  });
}
