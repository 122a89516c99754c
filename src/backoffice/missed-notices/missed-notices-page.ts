import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import { previewMissed, sendMissed } from './missed-notices.ts';
import { action, onceField } from '../kit/action.ts';
import { NOTIFICATIONS } from '../notifications/notifications-page.ts';
import { page } from '../kit/page.ts';
import { facts } from '../kit/parts.ts';
import { shownFields, shownForm } from '../kit/shown.ts';
import { common, words } from '../kit/words.ts';

const said = words({
  en: {
    title: 'Missed notices', about: 'Notices for users of whom we knew no contact when something happened, and who have one now. What is no longer of use is left out.',
    notices: 'Notices', users: 'Users', nothing: 'Nobody who has a contact now has missed anything.', send: 'Send notices',
  },
  es: {
    title: 'Avisos perdidos', about: 'Avisos para usuarios de los que no había contacto cuando algo pasó, y que ya lo tienen. Lo que ya no sirve no se cuenta.',
    notices: 'Avisos', users: 'Usuarios', nothing: 'Nadie que ya tenga contacto se ha perdido nada.', send: 'Enviar avisos',
  },
});

/** The page on which operators send what users missed for want of a contact. */
export function missedNoticePage(api: Api, deps: ApiDeps): void {
  const path = `${NOTIFICATIONS}/missed`;
  page(api, deps, { path, params: none, query: none }, async ({ viewer: { language, mayWrite } }) => {
    const say = { ...common[language], ...said[language] };
    const { users, ...shown } = await previewMissed(deps.sql);
    return {
      title: say.title,
      body: html`<p>${say.about}</p>${facts([[say.notices, shown.count], [say.users, users]])}
        ${shown.count === 0 ? html`<p class="empty">${say.nothing}</p>` : html`
        <form method="post" action="${path}" class="actions">${onceField()}${shownFields(shown)}
          <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
          <button${mayWrite ? '' : html` disabled`}>${say.send} (${shown.count})</button></form>`}`,
    };
  });

  action(api, deps, { path: '/notifications/missed', params: none, form: z.strictObject({ ...shownForm, reason: line(500) }) }, async ({ form, ...recording }) => {
    await sendMissed(recording, form);
    return path;
  });
}
