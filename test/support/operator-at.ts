import { randomUUID } from 'node:crypto';
import { someone, type System } from './system.ts';

type Fields = Readonly<Record<string, string>>;

const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'");

/** A page as a reader of its text sees it. */
export const textOf = (page: string): string => unescaped(page.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ');

/** Where a link of a page leads, by what it says or begins to say. */
export function linkOf(page: string, says: string): string {
  const found = [...page.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].find(([, , text = '']) => textOf(text).trim().startsWith(says));
  if (found?.[1] === undefined) throw new Error(`no link says “${says}”`);
  return unescaped(found[1]);
}

/** An operator who may write, at a running system: at its pages as a browser without scripts is, and at the API. */
export async function operatorAt({ apiUrl, issueToken, scraped }: Pick<System, 'apiUrl' | 'issueToken' | 'scraped'>) {
  const token = await issueToken(someone(), { roles: ['backoffice:read', 'backoffice:write'] });
  const session = { Cookie: `columna_session=${token}`, 'Accept-Language': 'en' };

  async function read(path: string): Promise<string> {
    const answer = await fetch(new URL(path, apiUrl), { headers: session });
    const page = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${textOf(page)}`);
    return page;
  }

  async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(new URL(path, apiUrl), { headers, ...init });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  return {
    /** The page's text, with its tags. */
    read,
    /** Fills in the page's form and sends it, as its button does; the page that comes then is read. */
    async press(path: string, fields: Fields): Promise<{ readonly path: string; readonly page: string }> {
      const [, action = '', form = ''] = /<form method="post" action="(\/backoffice\/ui[^"]*)"[^>]*>(.*?)<\/form>/s.exec(await read(path)) ?? [];
      if (!/<button[^>]*>/.test(form) || /<button[^>]*disabled/.test(form)) throw new Error(`${path} has no button to press`);
      const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, unescaped(value)]);
      const body = new URLSearchParams([...hidden, ...Object.entries(fields)] as [string, string][]);
      const answer = await fetch(new URL(action, apiUrl), { method: 'POST', headers: { ...session, Origin: apiUrl }, body, redirect: 'manual' });
      const to = answer.headers.get('location');
      if (to === null) throw new Error(`${action} answered ${answer.status}: ${textOf(await answer.text())}`);
      return { path: to, page: await read(to) };
    },
    get: <T>(path: string) => ask<T>(path),
    post: <T>(path: string, body: object) => ask<T>(path, { method: 'POST', body: JSON.stringify(body) }),
    /** The sum of a metric over the processes of a kind, of the series that have these labels. */
    async metric(type: string, name: string, labels: Fields = {}): Promise<number> {
      const texts = await Promise.all(scraped(type).map(async (host) => (await fetch(`http://${host}/metrics`)).text()));
      const series = texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)));
      const fitting = series.filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)));
      return fitting.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}
