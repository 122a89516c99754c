import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { changeContact, changeWhatsApp } from '../../domain/tenants/contact.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findOwnContact, saveOwnContact, saveWhatsApp } from '../../store/tenants/contacts.ts';
import type { Caller } from '../http/auth.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { contact, phone } from '../http/fields.ts';
import { Problem } from '../http/problem.ts';
import { none, writeRoute } from '../http/route.ts';

const confirmed = z
  .boolean()
  .openapi({ description: 'True once its owner confirmed it. Until then only the request to confirm is sent there.' });

const saveContact = writeRoute({
  path: '/users/me/contact',
  id: 'saveContact',
  summary: 'Save the caller’s contact',
  description: 'Name, mail address and language. An address gets mail once its owner confirmed it.',
  params: none,
  body: contact,
  status: 200,
  answer: z.object({ ...contact.shape, confirmed }).openapi('OwnContact'),
});

const whatsApp = z.strictObject({ phone, optIn: z.boolean() }).openapi('WhatsApp');

const saveOwnWhatsApp = writeRoute({
  path: '/users/me/whatsapp',
  id: 'saveWhatsApp',
  summary: 'Save the caller’s WhatsApp number',
  description: 'With the consent to messages. The number gets messages once its owner confirmed it.',
  params: none,
  body: whatsApp,
  status: 200,
  answer: z.object({ ...whatsApp.shape, confirmed }).openapi('OwnWhatsApp'),
});

/** Returns the caller as the author of a change of their contact. */
export const authorOf = ({ userId, verified }: Caller) => ({ userId, verified, confirmationId: uuidv7() });

/** The paths on which people say how they are reached. */
export function contactRoutes(api: Api, deps: ApiDeps): void {
  const { BOUNDS } = deps.config;

  api.openapi(saveContact, (c) => {
    const own = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const { userId } = caller;
      const decision = changeContact(await findOwnContact(tx, userId), own, authorOf(caller), now);
      save(...saveOwnContact(tx, { userId, contact: own }, decision));
      if (decision.isChanged) save(countUse(tx, BOUNDS, { bound: 'contacts', subject: userId, now }));
      emit(decision.events);
      return { status: 200, body: { ...own, confirmed: decision.isConfirmed } };
    });
  });

  api.openapi(saveOwnWhatsApp, (c) => {
    const consent = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const { userId } = caller;
      const current = await findOwnContact(tx, userId);
      if (current === undefined)
        throw new Problem(409, 'The caller has no contact. Save one first: POST /users/me/contact.');
      const decision = changeWhatsApp(current, consent, authorOf(caller), now);
      save(...saveWhatsApp(tx, { userId, consent }, decision));
      if (decision.isChanged) save(countUse(tx, BOUNDS, { bound: 'contacts', subject: userId, now }));
      emit(decision.events);
      return { status: 200, body: { ...consent, confirmed: decision.isConfirmed } };
    });
  });
}
