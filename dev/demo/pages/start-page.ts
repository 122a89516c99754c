import { html } from 'hono/html';
import type { Encore } from '../encores.ts';
import type { Person } from '../people.ts';
import type { Taken } from '../phones.ts';
import { capital, LIVE_SCRIPT, makePage, type Page, peopleBar } from './page.ts';

export interface StartShown {
  readonly people: readonly Person[];
  /** Of everybody. */
  readonly pushes: readonly Taken[];
  readonly messages: readonly Taken[];
  readonly encores: readonly Encore[];
  /** Addresses by what they lead to. */
  readonly links: Readonly<Record<string, string>>;
}

const STYLE = `
  .lead { max-width: 40rem; margin: .4rem 0 1.75rem; color: var(--soft) }
  h1 { font-size: 1.6rem; line-height: 1.2 }
  h2 { font-size: 1.1rem; margin: 2.25rem 0 .75rem }
  .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 100%), 1fr)); gap: .75rem }
  .card {
    display: flex; flex-direction: column; gap: .2rem; padding: 1.1rem; border: 1px solid var(--line);
    border-radius: 14px; background: var(--card)
  }
  .card b { font-size: 1.05rem; line-height: 1.3 }
  .came { margin-top: .5rem } .ways { margin-top: auto; padding-top: .75rem }
  .ways { display: flex; gap: .5rem }
  .ways a {
    flex: 1; padding: .45rem; border-radius: 8px; background: light-dark(#e2effc, #1d344c); text-align: center;
    text-decoration: none; font-weight: 600; font-size: .9rem
  }
  .encores { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .5rem }
  .encores button {
    padding: .65rem .5rem; border: 0; border-radius: 10px; background: #0b6bcb; color: #fff; font-weight: 600
  }
  .encores button:hover { background: #0a5fb4 }
  .encores button:disabled { opacity: .55; cursor: progress }
  .done { margin-top: .6rem; min-height: 1.5em }
  .links { display: grid; gap: .35rem }
  .links a { overflow-wrap: anywhere }
`;

const SCRIPT = `${LIVE_SCRIPT}
  const done = document.getElementById('done');
  for (const button of document.querySelectorAll('.encores button')) {
    button.onclick = async () => {
      button.disabled = true;
      done.textContent = '…';
      const answer = await fetch('/encores/' + button.value, { method: 'POST' }).catch(() => undefined);
      done.textContent = answer?.ok ? 'Done; the terminal has each hop.' : 'It did not work; the terminal says why.';
      button.disabled = false;
      button.focus();
    };
  }
`;

/** Where a visitor begins: who is in the story, what came to them, and what may happen next. */
export function startPage({ people, pushes, messages, encores, links }: StartShown): Promise<Page> {
  const body = html`${peopleBar({ people })}
<main>
<h1>What the people of the story see</h1>
<p class="lead">Every push, WhatsApp message and line of an inbox below began as an event, committed with its change.
Nothing leaves this machine.</p>
<ul class="cards">${people.map((person) => personCard(person, { pushes, messages }))}</ul>
<h2>Let something happen</h2>
<div class="encores">
${encores.map(({ title }, index) => html`<button value="${index}">${title}</button>`)}
</div>
<p class="soft small done" id="done" role="status"></p>
<h2>Behind the scenes</h2>
<ul class="links">${Object.entries(links).map(([name, url]) => html`<li><a href="${url}">${name}</a></li>`)}</ul>
</main>`;
  return makePage({ title: 'Columna: what people see', style: STYLE, script: SCRIPT, body });
}

type Came = Pick<StartShown, 'pushes' | 'messages'>;

function personCard({ userId, title, contact: { name }, phone }: Person, { pushes, messages }: Came) {
  const count = (taken: readonly Taken[]) => taken.filter((one) => one.userId === userId).length;
  const pushed = many(count(pushes), 'push', 'pushes');
  const written = phone ? many(count(messages), 'WhatsApp message', 'WhatsApp messages') : '';
  return html`<li class="card"><b>${name}</b><span class="soft small">${capital(title)}</span>
<p class="small came" id="came-${title}" data-live>${pushed}<br>${written}</p>
<div class="ways">
  <a href="/${title}" aria-label="${name}’s phone">Phone</a>
  <a href="/${title}/inbox" aria-label="${name}’s inbox">Inbox</a>
</div></li>`;
}

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
