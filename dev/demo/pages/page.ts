import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Person } from '../people.ts';

/** Text that is escaped already. */
export type Html = ReturnType<typeof html>;

/** A page, and the Content-Security-Policy that it goes with. */
export interface Page {
  readonly text: string;
  readonly policy: string;
}

export interface PageParts {
  readonly title: string;
  readonly style: string;
  readonly script: string;
  readonly body: Html;
}

const STYLE = `
  :root { color-scheme: light dark; --page: light-dark(#eef1f4, #101418); --card: light-dark(#fff, #1b2127) }
  :root { --ink: light-dark(#17212a, #f2f5f7); --soft: light-dark(#51606c, #a9b4bd) }
  :root { --line: light-dark(#dde3e8, #2f3840); --accent: light-dark(#0b6bcb, #6db3f8) }
  * { box-sizing: border-box }
  body {
    margin: 0; background: var(--page); color: var(--ink);
    font: 16px/1.5 system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif
  }
  a { color: var(--accent) }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
  ol, ul { list-style: none; margin: 0; padding: 0 }
  h1, h2, p { margin: 0 }
  button { font: inherit; cursor: pointer }
  main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
  .soft { color: var(--soft) }
  .small { font-size: .875rem }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  .bar { border-bottom: 1px solid var(--line); background: var(--card) }
  .bar > div {
    max-width: 60rem; margin: 0 auto; padding: .6rem 1rem; display: flex; flex-wrap: wrap; align-items: center;
    gap: .4rem 1.5rem
  }
  .brand { font-weight: 700; color: inherit; text-decoration: none; padding: .4rem 0 }
  .bar ul { display: flex; flex-wrap: wrap; gap: .25rem }
  .bar li a {
    display: block; padding: .4rem .75rem; border-radius: 2rem; color: var(--soft); text-decoration: none;
    font-size: .9rem
  }
  .bar li a:hover { background: var(--page); color: var(--ink) }
  .bar li a[aria-current] { background: light-dark(#e2effc, #1d344c); color: var(--accent); font-weight: 600 }
  .who {
    display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1.5rem;
    margin-bottom: 1.5rem
  }
  .who h1 { font-size: 1.5rem; line-height: 1.2 }
  .views { display: flex; padding: 3px; border-radius: 10px; background: light-dark(#dfe5ea, #232b33) }
  .views a {
    padding: .35rem 1.1rem; border-radius: 8px; color: var(--soft); text-decoration: none; font-size: .9rem;
    font-weight: 600
  }
  .views a[aria-current] { background: light-dark(#fff, #3a4550); color: var(--ink) }
  @keyframes arrive { from { opacity: 0; transform: translateY(-12px) scale(.97) } }
  @media (prefers-reduced-motion: no-preference) { .new { animation: arrive .45s ease-out } }
  @media (max-width: 40rem) {
    .bar > div { gap: 0 } .bar nav, .brand { width: 100% }
    .bar ul { flex-wrap: nowrap; overflow-x: auto; justify-content: space-between }
    .bar li a { padding: .4rem .5rem; font-size: .85rem }
  }
`;

/** Takes over, every second, what the server shows in the lists marked `data-live`, and says aloud what is new. */
export const LIVE_SCRIPT = `
  let last = '';
  const refresh = async () => {
    if (document.hidden) return;
    const text = await fetch(location.href).then((answer) => answer.text());
    if (text === last) return;
    last = text;
    for (const list of new DOMParser().parseFromString(text, 'text/html').querySelectorAll('[data-live]')) {
      const shown = document.getElementById(list.id);
      const news = [...list.children].filter(({ id }) => id && !document.getElementById(id));
      for (const item of news) item.classList.add('new');
      const focused = document.activeElement.id;
      shown.replaceChildren(...list.childNodes);
      if (focused) document.getElementById(focused)?.focus();
      const said = news.map(({ textContent }) => textContent).join(' ');
      if (said) document.getElementById('said').textContent = said;
    }
  };
  setInterval(() => refresh().catch(() => undefined), 1000);
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Puts a page together. Only its own style and script are let in, by their hashes. */
export async function makePage({ title, style, script, body }: PageParts): Promise<Page> {
  const styles = STYLE + style;
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(styles)}</style>
</head>
<body>
${body}
<p class="hidden" role="status" id="said"></p>
<script>${raw(script)}</script>
</body>
</html>`;
  const policy = [
    "default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(styles)}`, "connect-src 'self'",
    'img-src data:', "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join('; ');
  return { text: String(text), policy };
}

export interface Viewed {
  readonly people: readonly Person[];
  readonly person: Person;
  readonly view: 'phone' | 'inbox';
}

const pathOf = (person: Person, view: Viewed['view']) => `/${person.title}${view === 'inbox' ? '/inbox' : ''}`;
const current = (isCurrent: boolean) => (isCurrent ? raw(' aria-current="page"') : '');

/** The bar that leads to everybody. */
export const peopleBar = ({ people, person, view }: Partial<Viewed> & Pick<Viewed, 'people'>) => html`
<header class="bar"><div>
  <a class="brand" href="/">TechMarket AI</a>
  <nav aria-label="People"><ul>${people.map((one) => html`
    <li><a href="${pathOf(one, view ?? 'phone')}"${current(one === person)}>${capital(one.title)}</a></li>`)}
  </ul></nav>
</div></header>`;

/** Whose page it is, and the way to the other one. */
export const personHead = ({ person, view }: Viewed) => html`
<div class="who">
  <div><h1>${person.contact.name}</h1><p class="soft">${capital(person.title)}</p></div>
  <nav class="views" aria-label="Views">
    <a href="${pathOf(person, 'phone')}"${current(view === 'phone')}>Phone</a>
    <a href="${pathOf(person, 'inbox')}"${current(view === 'inbox')}>Inbox</a>
  </nav>
</div>`;

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
