import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { code, line, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { isResendable, listNotifications, previewFailed } from './notification-audit.ts';
import { outward, recoverable } from './resend-notifications.ts';
import { recoverFailed, resendOne } from './send-again.ts';
import { action, onceField } from '../kit/action.ts';
import { moment, toField } from '../kit/fields.ts';
import { notificationTable } from './notification-table.ts';
import { NOTIFICATIONS } from './notifications-page.ts';
import { page } from '../kit/page.ts';
import { facts } from '../kit/parts.ts';
import { shownFields, shownForm } from '../kit/shown.ts';
import { common, words } from '../kit/words.ts';

const reason = line(500);

const said = words({
  en: {
    resend: 'Send a notification again', again: 'Send again', cannot: 'It can’t be sent again as it stands: it is still on its way, or nothing leaves us on its channel.',
    rules: 'The rules of sending hold as ever: what has expired, or is unwanted by now, does not leave.',
    recover: 'Recover what failed', channel: 'Channel', template: 'Template (all when empty)', since: 'Since (UTC)', preview: 'See how many',
    status: 'What', count: 'Notifications', twice: 'Nobody knows whether these were sent: their readers may get them twice.', nothing: 'There are none since then.', doRecover: 'Send these again',
  },
  es: {
    resend: 'Reenviar una notificación', again: 'Reenviar', cannot: 'Tal como está no se puede reenviar: aún va de camino, o por su canal no sale nada.',
    rules: 'Las reglas de envío valen como siempre: lo que venció, o ya no se desea, no sale.',
    recover: 'Recuperar lo que falló', channel: 'Canal', template: 'Plantilla (todas si está vacío)', since: 'Desde (UTC)', preview: 'Ver cuántas',
    status: 'Qué', count: 'Notificaciones', twice: 'Nadie sabe si se enviaron: pueden llegar dos veces.', nothing: 'Desde entonces no hay ninguna.', doRecover: 'Reenviarlas',
  },
});

/** Where operators have one notification sent again. */
export function resendNotificationPage(api: Api, deps: ApiDeps): void {
  const path = `${NOTIFICATIONS}/resend`;
  page(api, deps, { path, params: none, query: z.strictObject({ id: uuid }) }, async ({ viewer, query: { id } }) => {
    const say = { ...common[viewer.language], ...said[viewer.language] };
    const [found] = await listNotifications(deps.sql, { filter: { id }, before: undefined, limit: 1 });
    if (found === undefined) throw notFound();
    return {
      title: say.resend,
      body: html`${notificationTable([found], { label: say.resend, viewer })}
        ${!isResendable(found) ? html`<p class="note warn">${say.cannot}</p>` : html`<p>${say.rules}</p>
        <form method="post" action="${path}" class="actions">${onceField()}<input type="hidden" name="id" value="${id}" />
          <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
          <button${viewer.mayWrite ? '' : html` disabled`}>${say.again}</button></form>`}`,
    };
  });

  action(api, deps, { path: '/notifications/resend', params: none, form: z.strictObject({ id: uuid, reason }) }, async ({ form, ...recording }) => {
    await resendOne({ ...recording, documents: deps.documents }, form);
    return `${path}?id=${form.id}`;
  });
}

const which = { status: recoverable.default('failed'), channel: outward, since: moment, template: code.optional() };

/** Where operators see how many of a channel have failed, and have them sent again. */
export function recoverNotificationsPage(api: Api, deps: ApiDeps): void {
  const path = `${NOTIFICATIONS}/recover`;
  const query = z.strictObject({ ...which, channel: outward.optional(), since: moment.optional() });
  page(api, deps, { path, params: none, query }, async ({ viewer: { language, mayWrite }, query: { status, channel, since, template } }) => {
    const say = { ...common[language], ...said[language] };
    const asking = html`<form method="get" class="filters">
        <label>${say.status}<select name="status">${recoverable.options.map((one) => html`<option${one === status ? html` selected` : ''}>${one}</option>`)}</select></label>
        <label>${say.channel}<select name="channel">${outward.options.map((one) => html`<option${one === channel ? html` selected` : ''}>${one}</option>`)}</select></label>
        <label>${say.template}<input name="template" value="${template ?? ''}" autocomplete="off" spellcheck="false" /></label>
        <label>${say.since}<input type="datetime-local" name="since" step="1" required value="${toField(since) ?? ''}" /></label>
        <button>${say.preview}</button></form>`;
    if (channel === undefined || since === undefined) return { title: say.recover, body: asking };
    const preview = await previewFailed(deps.sql, { status, channel, since, template });
    const { count } = preview;
    return {
      title: say.recover,
      body: html`${asking}${facts([[say.count, count]])}
        ${count === 0 ? html`<p class="empty">${say.nothing}</p>` : html`${status === 'unknown' ? html`<p class="note warn">${say.twice}</p>` : ''}<p>${say.rules}</p>
        <form method="post" action="${path}" class="actions">${onceField()}
          <input type="hidden" name="status" value="${status}" /><input type="hidden" name="channel" value="${channel}" />${template === undefined ? '' : html`<input type="hidden" name="template" value="${template}" />`}
          <input type="hidden" name="since" value="${since.toISOString()}" />${shownFields(preview)}
          <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
          <button${mayWrite ? '' : html` disabled`}>${say.doRecover} (${count})</button></form>`}`,
    };
  });

  const form = z.strictObject({ ...which, ...shownForm, reason });
  action(api, deps, { path: '/notifications/recover', params: none, form }, async ({ form: { template, ...asked }, ...recording }) => {
    await recoverFailed({ ...recording, documents: deps.documents }, { template, ...asked });
    return `${NOTIFICATIONS}?channel=${asked.channel}`;
  });
}
