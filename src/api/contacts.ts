import { z } from '@hono/zod-openapi';
import { saveOwnContact, saveWhatsApp } from '../store/contacts.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { contact, phone } from './fields.ts';
import { Problem } from './problem.ts';
import { none, writeRoute } from './route.ts';

const saveContact = writeRoute({
  path: '/users/me/contact',
  summary: 'Say how the caller is reached; the last word holds',
  params: none,
  body: contact,
  status: 200,
  answer: contact,
});

const whatsApp = z.strictObject({ phone, optIn: z.boolean() }).openapi('WhatsApp');

const saveOwnWhatsApp = writeRoute({
  path: '/users/me/whatsapp',
  summary: 'Say yes or no to WhatsApp, and at which number; the last word holds',
  params: none,
  body: whatsApp,
  status: 200,
  answer: whatsApp,
});

/** How users are reached. */
export function contactRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(saveContact, (c) => {
    const own = c.req.valid('json');
    return command(c, deps, async ({ tx, caller }) => {
      await saveOwnContact(tx, caller.userId, own);
      return { status: 200, body: own };
    });
  });

  api.openapi(saveOwnWhatsApp, (c) => {
    const own = c.req.valid('json');
    return command(c, deps, async ({ tx, caller }) => {
      const isSaved = await saveWhatsApp(tx, caller.userId, own);
      if (!isSaved) throw new Problem(409, 'Say first who you are: POST /users/me/contact.');
      return { status: 200, body: own };
    });
  });
}
