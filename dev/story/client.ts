import { randomUUID } from 'node:crypto';
import type { Claims, IssueToken, Person } from '../demo/people.ts';

const TRIES = 5;
const PAUSE_MS = 200;

export interface ClientOptions {
  readonly apiUrl: string;
  readonly issueToken: IssueToken;
}

/** Somebody's request at a time of the story; the answer's id comes back. */
export interface Request {
  readonly as: Pick<Person, 'userId'>;
  readonly claims: Claims;
  readonly at: Date;
  readonly path: string;
  readonly body: object;
}

/** An answer of any status. */
export interface StoryAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A client that asks again under the same key when it was not answered, and counts what was. */
export function openClient({ apiUrl, issueToken }: ClientOptions) {
  const tokens = new Map<string, Promise<string>>();
  let answered = 0;

  function tokenOf(as: Pick<Person, 'userId'>, claims: Claims): Promise<string> {
    const key = JSON.stringify([as.userId, claims]);
    const token = tokens.get(key) ?? issueToken(as, claims);
    tokens.set(key, token);
    return token;
  }

  const headersOf = async ({ as, claims, at }: Pick<Request, 'as' | 'claims' | 'at'>) => ({
    authorization: `Bearer ${await tokenOf(as, claims)}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
    'x-story-time': at.toISOString(),
  });

  /** Sends a request once and returns its answer, also a refusal. */
  async function ask({ path, body, ...by }: Request): Promise<StoryAnswer> {
    const response = await fetch(`${apiUrl}${path}`, { method: 'POST', headers: await headersOf(by), body: JSON.stringify(body) });
    answered += 1;
    return { status: response.status, body: await response.json() };
  }

  /** Reads something that exists. */
  async function get({ path, ...by }: Omit<Request, 'body'>): Promise<unknown> {
    const response = await fetch(`${apiUrl}${path}`, { headers: await headersOf(by) });
    if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}`);
    answered += 1;
    return response.json();
  }

  async function post({ path, body, ...by }: Request): Promise<{ readonly id: string }> {
    const headers = await headersOf(by);
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(`${apiUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
      const text = (await response?.text()) ?? '';
      if (response?.ok) {
        answered += 1;
        return JSON.parse(text) as { readonly id: string };
      }
      const mayHelp = response === undefined || response.status >= 500 || response.status === 409 || response.status === 429;
      if (!mayHelp || tries === TRIES) throw new Error(`POST ${path} was answered ${response?.status ?? 'nothing'}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
    }
  }

  return {
    ask,
    get,
    post,
    get answered() {
      return answered;
    },
  };
}

export type StoryClient = ReturnType<typeof openClient>;
