import { saveOwnContact } from '../store/contacts.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { contact } from './fields.ts';
import { none, writeRoute } from './route.ts';

const saveContact = writeRoute({
  path: '/users/me/contact',
  summary: 'Say how the caller is reached; the last word holds',
  params: none,
  body: contact,
  status: 200,
  answer: contact,
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
}
