import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Person } from '../people.ts';
import type { Phones } from '../phones.ts';
import type { Receipts } from '../receipts.ts';
import { inboxPage } from './inbox-page.ts';
import { inboxProxy, type InboxProxyOptions } from './inbox-proxy.ts';
import type { Page } from './page.ts';
import { phonePage } from './phone-page.ts';
import { startPage, type StartShown } from './start-page.ts';

export interface PagesOptions extends InboxProxyOptions, Pick<StartShown, 'encores' | 'links'> {
  /** Whose pages there are. */
  readonly people: readonly Person[];
  readonly phones: Pick<Phones, 'pushes' | 'messages'>;
  readonly receipts: Pick<Receipts, 'statusOf'>;
}

export interface Pages extends AsyncDisposable {
  readonly url: string;
}

/** Serves what people see on loopback, on a free port. */
export async function servePages(options: PagesOptions): Promise<Pages> {
  const answer = answerer(options);
  const server = createServer((request, response) =>
    void answer(request, response).catch((error: Error) => {
      console.error(error.message);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => void server.close(closed));
    },
  };
}

function answerer(options: PagesOptions) {
  const proxy = inboxProxy(options);
  let last: Promise<unknown> = Promise.resolve();
  const perform = async (response: ServerResponse, index: number) => {
    const encore = options.encores[index];
    if (encore === undefined) return void response.writeHead(404).end();
    const performed = last.then(() => encore.run()); // one at a time
    last = performed.catch(() => undefined);
    await performed;
    response.writeHead(204).end();
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', method } = request;
    if (!isOurs(request)) return void response.writeHead(403).end();
    const [, first = '', second, ...rest] = url.split('/');
    if (method === 'POST' && first === 'encores') return perform(response, Number(second));
    const person = options.people.find(({ title }) => title === first);
    const path = /^\/[^/]+\/api\/notifications\/(.*)$/.exec(url)?.[1];
    if (person && path !== undefined) return proxy(request, response, { person, path });
    const isPage = method === 'GET' && rest.length === 0;
    const page = isPage ? await pageFor(options, { first, second, person }) : undefined;
    if (page === undefined) return void response.writeHead(404).end();
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': page.policy, 'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
    });
    response.end(page.text);
  };
}

/** Strangers' pages may neither post here, nor read by way of a name of theirs that leads here. */
function isOurs({ headers: { host = '', origin }, method }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) && (method !== 'POST' || origin === `http://${host}`);
}

interface Asked {
  readonly first: string;
  readonly second: string | undefined;
  readonly person: Person | undefined;
}

async function pageFor(options: PagesOptions, { first, second, person }: Asked): Promise<Page | undefined> {
  const { people, phones, receipts, encores, links } = options;
  if (person !== undefined && second === 'inbox') return inboxPage({ people, person });
  const [pushes, messages] = await Promise.all([phones.pushes(), phones.messages()]);
  if (first === '' && second === undefined) return startPage({ people, pushes, messages, encores, links });
  if (person === undefined || second !== undefined) return undefined;
  const isTheirs = ({ userId }: { readonly userId: string }) => userId === person.userId;
  return phonePage({
    people, person, now: new Date(),
    pushes: pushes.filter(isTheirs),
    messages: messages.filter(isTheirs).map((one) => ({ ...one, status: receipts.statusOf(one.messageId) })),
  });
}
