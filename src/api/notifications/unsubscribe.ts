import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { validate as isUuid } from 'uuid';
import { unsubscribeToken } from '../../notifications/send/unsubscribe.ts';
import { wordingFor } from '../../notifications/decide/wording.ts';
import { isSame } from '../../platform/is-same.ts';
import { transaction } from '../../platform/transaction.ts';
import { readNotification } from '../../notifications/notifications.ts';
import { savePreferences } from '../../notifications/decide/preferences.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { notFound } from '../http/problem.ts';
import { smallPage, smallPageHeaders } from '../http/small-page.ts';

const PATH = '/unsubscribe/:id/:token';
const MAX_BYTES = 16 * 1_024;

const TEXTS = {
  es: {
    title: 'Dejar de recibir correos',
    ask: (what: string) => `¿No quieres recibir más correos sobre ${what}?`,
    button: 'No enviarme más',
    done: (what: string) => `Hecho: no te enviaremos más correos sobre ${what}. Puedes volver a activarlos en tu perfil.`,
  },
  en: {
    title: 'Stop these emails',
    ask: (what: string) => `Would you rather get no more emails about ${what}?`,
    button: 'Send me no more',
    done: (what: string) => `Done: we will send you no more emails about ${what}. You can switch them on again in your profile.`,
  },
};

/** Where a reader of a mail leaves its category, signed in or not: by a page, or by one POST (RFC 8058). */
export function unsubscribeRoutes(api: Api, { sql, config }: ApiDeps): void {
  /** What the link is about; who made the link up is told that there is nothing. */
  async function readLink(id: string, token: string) {
    const isOurs = isUuid(id) && isSame(token, unsubscribeToken(config.HASH_KEY, id));
    const notification = isOurs ? await readNotification(sql, id) : undefined;
    if (notification?.category == null) throw notFound();
    const locale = notification.locale === 'en' ? 'en' : 'es';
    const what = wordingFor(locale, 'UTC').category(notification.category);
    return { userId: notification.userId, category: notification.category, locale, what, texts: TEXTS[locale] } as const;
  }

  api.get(PATH, async (c) => {
    const { locale, what, texts } = await readLink(c.req.param('id'), c.req.param('token'));
    const form = html`<p>${texts.ask(what)}</p><form method="post"><button>${texts.button}</button></form>`;
    return c.html(smallPage({ locale, title: texts.title, content: form }), 200, smallPageHeaders);
  });

  api.post(PATH, bodyLimit({ maxSize: MAX_BYTES }), async (c) => {
    const { userId, category, locale, what, texts } = await readLink(c.req.param('id'), c.req.param('token'));
    await transaction(sql, (tx) => savePreferences(tx, userId, [{ channel: 'email', category, enabled: false }]));
    return c.html(smallPage({ locale, title: texts.title, content: html`<p>${texts.done(what)}</p>` }), 200, smallPageHeaders);
  });
}
