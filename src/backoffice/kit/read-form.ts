import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Env } from '../../api/http/context.ts';
import { Problem } from '../../api/http/problem.ts';
import { isUtf8Of } from '../../platform/content-type.ts';

const MAX_BYTES = 256 * 1_024;

/** Stops a form that is too large while it comes. */
export const limitForm = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new Problem(413, `A form has at most ${MAX_BYTES} bytes.`, { headers: { Connection: 'close' } });
  },
});

/** A form's fields, kept as the request's body too; one that came several times is a list. @throws {Problem} 415 */
export async function readForm(c: Context<Env>): Promise<Readonly<Record<string, string | readonly string[]>>> {
  if (!isUtf8Of('application/x-www-form-urlencoded', c.req.header('Content-Type'))) {
    throw new Problem(415, 'The body must be a form.');
  }
  const body = new Uint8Array(await c.req.arrayBuffer());
  c.set('body', body);
  const sent = new URLSearchParams(new TextDecoder().decode(body));
  return Object.fromEntries([...new Set(sent.keys())].map((name) => {
    const [value = '', ...more] = sent.getAll(name);
    return [name, more.length === 0 ? value : [value, ...more]];
  }));
}
