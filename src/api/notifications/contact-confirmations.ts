import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { validate as isUuid } from 'uuid';
import { confirmationCode, confirmationToken } from '../../notifications/send/confirmation.ts';
import { isSame } from '../../platform/is-same.ts';
import { transaction } from '../../platform/transaction.ts';
import { countUse } from '../../store/operations/bounds.ts';
import {
  confirmAddress, findOpenConfirmation, listExcessConfirmations, listOpenConfirmations,
} from '../../store/tenants/contacts.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps, Env } from '../http/context.ts';
import { unprocessable } from '../http/problem.ts';
import { localeOf } from '../http/reader-of.ts';
import { none, writeRoute } from '../http/route.ts';
import { smallPage, smallPageHeaders } from '../http/small-page.ts';

const PATH = '/contacts/:id/:token';
const MAX_BYTES = 16 * 1_024;

const confirm = writeRoute({
  path: '/users/me/contact/confirm',
  id: 'confirmContact',
  summary: 'Confirm an address',
  description: 'With the six digits that the mail address or the number got. Ten tries a day.',
  params: none,
  body: z.strictObject({ code: z.string().regex(/^\d{6}$/, 'must be six digits') }),
  status: 200,
  answer: z.object({ confirmed: z.enum(['email', 'whatsapp']) }),
});

const TEXTS = {
  es: {
    title: 'Confirmar tu dirección',
    ask: (address: string) => `¿Es tuya la dirección ${address} y quieres recibir ahí los avisos de TechMarket AI?`,
    warning: 'Si no la diste tú, cierra esta página: no te enviaremos nada.',
    button: 'Confirmar',
    confirmed: 'Listo: tu dirección está confirmada.',
    gone: 'Este enlace ya se usó, venció o no es nuestro. Guarda tu dirección otra vez y te enviaremos uno nuevo.',
  },
  en: {
    title: 'Confirm your address',
    ask: (address: string) => `Is the address ${address} yours, and should TechMarket AI send its notifications there?`,
    warning: 'If you did not give it, close this page: we will send you nothing.',
    button: 'Confirm',
    confirmed: 'Your address is confirmed.',
    gone: 'This link was used, has expired, or is not ours. Save your address again, and we will send you a new one.',
  },
};

/** The two ways to confirm an address: its code, typed by a signed-in person, and its link. */
export function contactConfirmationRoutes(api: Api, deps: ApiDeps): void {
  const { sql, config: { HASH_KEY, BOUNDS } } = deps;

  api.openapi(confirm, async (c) => {
    const { code } = c.req.valid('json');
    const { userId } = c.get('caller');
    // A wrong code counts as well, so its use commits alone.
    await countUse(sql, BOUNDS, { bound: 'codes', subject: userId, now: new Date() });
    return command(c, deps, async ({ tx }) => {
      const open = await listOpenConfirmations(tx, userId);
      // A code that was never sent can only be guessed.
      const unsent = await listExcessConfirmations(tx, open.map(({ id }) => id));
      const match = open.find(({ id }) => !unsent.has(id) && isSame(code, confirmationCode(HASH_KEY, id)));
      if (match === undefined || !(await confirmAddress(tx, match.id))) {
        throw unprocessable('/code', 'is not the code of an open confirmation');
      }
      return { status: 200, body: { confirmed: match.channel } };
    });
  });

  /** Finds what a link asks for; undefined for a link that is not ours, was used or has expired. */
  async function findLink(id: string, token: string) {
    const isOurs = isUuid(id) && isSame(token, confirmationToken(HASH_KEY, id));
    return isOurs ? findOpenConfirmation(sql, id) : undefined;
  }

  api.get(PATH, async (c) => {
    const link = await findLink(c.req.param('id'), c.req.param('token'));
    if (link === undefined) return gone(c);
    const { locale, address } = link;
    const texts = TEXTS[locale];
    const form = html`<p>${texts.ask(address)}</p><p>${texts.warning}</p>
      <form method="post"><button>${texts.button}</button></form>`;
    return c.html(smallPage({ locale, title: texts.title, content: form }), 200, smallPageHeaders);
  });

  api.post(PATH, bodyLimit({ maxSize: MAX_BYTES }), async (c) => {
    const link = await findLink(c.req.param('id'), c.req.param('token'));
    const isConfirmed = link !== undefined && (await transaction(sql, (tx) => confirmAddress(tx, link.id)));
    if (!isConfirmed) return gone(c);
    const { locale } = link;
    const texts = TEXTS[locale];
    const content = html`<p>${texts.confirmed}</p>`;
    return c.html(smallPage({ locale, title: texts.title, content }), 200, smallPageHeaders);
  });
}

/** Answers a link that confirms nothing, in the browser's language. */
function gone(c: Context<Env>): Response | Promise<Response> {
  const locale = localeOf(c);
  const { title, gone: text } = TEXTS[locale];
  return c.html(smallPage({ locale, title, content: html`<p>${text}</p>` }), 404, smallPageHeaders);
}
