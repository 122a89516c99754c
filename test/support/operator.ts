import { randomUUID } from 'node:crypto';
import type { Api } from '../../src/api/http/context.ts';
import type { Role } from '../../src/api/http/roles.ts';
import { makeToken } from './tokens.ts';

/** An operator at the backoffice's pages. */
export interface Operator {
  readonly userId: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The page's text; throws where it is none. */
  read(path: string): Promise<string>;
  /** Hidden fields with which the page's form acts on the set that the page shows. */
  shown(path: string): Promise<Readonly<Record<'count' | 'digest', string>>>;
  /** Sends a form from our own page; the key is a new one unless it is among the fields. */
  send(path: string, fields: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Response>;
}

/** Signs an operator in at the app. */
export async function signInOperator(app: Api, role: Role = 'backoffice:write'): Promise<Operator> {
  const userId = randomUUID();
  const Cookie = `columna_session=${await makeToken({ userId, roles: [role] })}`;
  const get: Operator['get'] = async (path, headers = {}) => app.request(path, { headers: { Cookie, ...headers } });
  const read: Operator['read'] = async (path) => {
    const answer = await get(path);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  };
  return {
    userId,
    get,
    read,
    async shown(path) {
      const page = await read(path);
      const valueOf = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
      return { count: valueOf('count'), digest: valueOf('digest') };
    },
    send: async (path, fields, headers = {}) =>
      app.request(path, {
        method: 'POST',
        headers: { Cookie, Origin: 'http://localhost', 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ key: randomUUID(), ...fields }).toString(),
      }),
  };
}
