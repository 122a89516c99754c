import { html } from 'hono/html';
import { isResendable, type NotificationView } from './notification-audit.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { badge, duration, idLink, table, time, type Tone } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { type Language, words } from '../kit/words.ts';

const said = words({
  en: {
    created: 'Created', user: 'User', channel: 'Channel', template: 'Template', status: 'Status', why: 'Why', attempts: 'Attempts', sent: 'Sent after', ways: 'More',
    event: 'event', explain: 'explain', resend: 'send again …',
  },
  es: {
    created: 'Creada', user: 'Usuario', channel: 'Canal', template: 'Plantilla', status: 'Estado', why: 'Por qué', attempts: 'Intentos', sent: 'Salió en', ways: 'Más',
    event: 'evento', explain: 'explicar', resend: 'reenviar …',
  },
});

const spoken: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {},
  es: {
    queued: 'en cola', sending: 'enviándose', sent: 'enviada', delivered: 'entregada', read: 'leída', failed: 'fallida',
    suppressed: 'suprimida', unknown: 'desconocido',
  },
};
const TONES: Readonly<Record<string, Tone>> = {
  sent: 'good', delivered: 'good', read: 'good', failed: 'bad', unknown: 'bad', suppressed: 'warn',
};

/** How far a notification came. */
const statusBadge = (status: string, language: Language): Html => badge(spoken[language][status] ?? status, TONES[status]);

export interface NotificationTable {
  readonly label: string;
  readonly viewer: Viewer;
}

/** Notifications without their text, each with the ways to its event, its reasons and, for who may, to another sending. */
export function notificationTable(rows: readonly NotificationView[], { label, viewer: { language, mayWrite, operator } }: NotificationTable): Html {
  const notifications = factsFor(operator, rows);
  const say = said[language];
  return table({
    label, language,
    head: [say.created, say.user, say.channel, say.template, say.status, say.why, say.attempts, say.sent, say.ways],
    rows: notifications.map((one) => [
      time(one.createdAt),
      idLink(`${UI}/notifications?userId=${one.userId}`, one.userId),
      one.channel,
      html`<span class="whole">${one.template} <span class="soft">${one.templateVersion} ${one.locale}</span></span>`,
      statusBadge(one.status, language),
      one.reason, one.attempts, one.sentAt && duration(Math.max(0, one.sentAt.getTime() - one.createdAt.getTime())),
      html`<span class="whole"><a href="${UI}/events/${one.eventId}">${say.event}</a> ·
        <a href="${UI}/notifications/explain?eventId=${one.eventId}&userId=${one.userId}">${say.explain}</a>
        ${mayWrite && isResendable(one) ? html`· <a href="${UI}/notifications/resend?id=${one.id}">${say.resend}</a>` : ''}</span>`,
    ]),
  });
}
