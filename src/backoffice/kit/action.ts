import { html } from 'hono/html';
import type { z } from 'zod';
import { assertRole } from '../../api/http/auth.ts';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { type Recording, recordingOf } from './recording.ts';
import { assertSameOrigin } from '../sessions/session.ts';
import { answering, read } from './page.ts';
import { limitForm, readForm } from './read-form.ts';
import { UI } from './shell.ts';

/** A form that operators send: its path, and what its path and fields may say. */
export interface ActionRoute<Params extends z.ZodObject, Form extends z.ZodObject> {
  /** Below `/backoffice/ui`. */
  readonly path: string;
  readonly params: Params;
  readonly form: Form;
}

export interface Sent<Params extends z.ZodObject, Form extends z.ZodObject> extends Recording {
  readonly params: z.output<Params>;
  readonly form: z.output<Form>;
}

/** The hidden field that lets a form be sent twice and done once. */
export const onceField = () => html`<input type="hidden" name="key" value="${crypto.randomUUID()}" />`;

/**
 * Does what a form asks for, once: by operators who may write, from our own pages only, in one transaction with its
 * record. `perform` gives the path that shows the outcome.
 */
export function action<Params extends z.ZodObject, Form extends z.ZodObject>(
  api: Api,
  deps: ApiDeps,
  { path, params, form }: ActionRoute<Params, Form>,
  perform: (sent: Sent<Params, Form>) => Promise<string>,
): void {
  api.post(`${UI}${path}`, limitForm, (c) =>
    answering(c, deps, async ({ operator }) => {
      assertSameOrigin(c, deps.config.PUBLIC_URL);
      assertRole(operator, 'backoffice:write');
      const { key, ...fields } = await readForm(c);
      const asked = { params: read(params, c.req.param(), 'param'), form: read(form, fields, 'json') };
      const answer = await command(c, deps, async (context) => {
        let actionId: string | undefined;
        const { record, ...recording } = recordingOf(context);
        const location = await perform({ ...asked, ...recording, record: async (...facts) => (actionId = await record(...facts)) });
        if (actionId === undefined) throw new Error('an operator’s action left no record');
        return { status: 200, body: `${location}${location.includes('?') ? '&' : '?'}done=${actionId}` };
      }, String(key ?? ''));
      return c.redirect((await answer.json()) as string, 303);
    }),
  );
}
