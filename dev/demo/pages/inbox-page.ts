import { html } from 'hono/html';
import { makePage, type Page, peopleBar, personHead, type Viewed } from './page.ts';

const STYLE = `
  main { max-width: 44rem }
  .tools {
    display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: .75rem; min-height: 2.5rem
  }
  .tools h2 { font-size: 1.1rem; display: flex; align-items: center; gap: .5rem }
  .badge {
    min-width: 1.6rem; padding: 0 .45rem; border-radius: 1rem; background: #0b6bcb; color: #fff; font-size: .85rem;
    line-height: 1.6rem; text-align: center
  }
  .state { display: flex; align-items: center; gap: .4rem; margin-right: auto }
  .state::before { content: ''; width: .55rem; height: .55rem; border-radius: 50%; background: #c58a12 }
  .state.live::before { background: #1f9d55 }
  .quiet {
    border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--ink);
    padding: .4rem .9rem; font-size: .9rem
  }
  .quiet:disabled { color: var(--soft); cursor: default; opacity: .6 }
  #list { display: grid; gap: .5rem }
  .item {
    display: grid; grid-template-columns: 2.5rem 1fr auto; gap: .15rem .9rem; width: 100%; padding: .85rem 1rem;
    text-align: left
  }
  .item { border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: inherit }
  .mark { grid-row: span 2; display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: .75rem }
  .mark { background: light-dark(#e6eaee, #2a333c); color: var(--soft) }
  .mark svg {
    width: 1.35rem; height: 1.35rem; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round;
    stroke-linejoin: round
  }
  .kind { font-size: .8rem; color: var(--soft) } .kind::first-letter { text-transform: uppercase }
  .item time { font-size: .8rem; color: var(--soft); white-space: nowrap; justify-self: end }
  .body { grid-column: 2; overflow-wrap: anywhere; color: var(--soft) }
  .act { align-self: end; font-size: .85rem; font-weight: 600; color: var(--accent); white-space: nowrap }
  .unread .item { border-color: light-dark(#a9cdf1, #2f5478); cursor: pointer }
  .unread .item:hover { background: light-dark(#f6faff, #202a33) }
  .unread .body { color: var(--ink); font-weight: 500 }
  .unread .mark { background: light-dark(#e2effc, #1d344c); color: var(--accent) }
  .empty {
    padding: 3rem 1rem; text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 12px
  }
  @media (max-width: 30rem) {
    .item { grid-template-columns: 2.5rem 1fr auto; padding: .75rem }
    .unread .body { grid-column: 2 / -1 } .act { grid-column: 2 / -1; justify-self: end; padding-top: .2rem }
  }
`;

/** What its icon shows: the first word of the template's name. */
const ICONS = {
  ticket: 'M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3zM10 7.5v9',
  quote: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4M10 12h5M10 15.5h5',
  payment: 'M3.5 6.5h17v11h-17zM3.5 10h17M7 14.5h3',
  payout: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8.5 12l2.5 2.5 4.5-5',
  lead: 'M12 4a3.7 3.7 0 1 0 0 7.400A3.7 3.7 0 0 0 12 4zM5 20c.5-4 3.3-6 7-6s6.5 2 7 6',
  tenant: 'm12 3.5 7.5 3v5c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9v-5zM8.5 12l2.5 2.5 4.5-5',
  appointment: 'M4.5 5.500h15v14h-15zM4.5 10h15M8.5 3.500v4M15.5 3.500v4',
};

const SCRIPT = `
  const [base, icons] = [location.pathname.replace(/inbox$/, 'api/notifications/'), ${JSON.stringify(ICONS)}];
  const find = (id) => document.getElementById(id);
  const [list, badge, state, all, said] = ['list', 'unread', 'state', 'all', 'said'].map(find);
  const items = new Map();
  let unread = 0;

  const make = (tag, className, text) => {
    const element = Object.assign(document.createElement(tag), { className });
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const icon = (name) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.append(document.createElementNS(svg.namespaceURI, 'path'));
    svg.firstChild.setAttribute('d', icons[name] ?? icons.ticket);
    const mark = make('span', 'mark');
    mark.setAttribute('aria-hidden', 'true');
    mark.append(svg);
    return mark;
  };
  const row = (item) => {
    const li = make('li', item.readAt ? '' : 'unread');
    const shown = make(item.readAt ? 'div' : 'button', 'item');
    li.dataset.id = item.id;
    const createdAt = new Date(item.createdAt);
    const time = make('time', '', createdAt.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = item.createdAt;
    const body = make('span', 'body', item.body ?? '');
    body.lang = item.locale;
    const kind = make('span', 'kind', item.template.replaceAll('-', ' '));
    shown.append(icon(item.template.split('-')[0]), kind, time, body);
    if (!item.readAt) shown.append(make('span', 'act', 'Mark read'));
    shown.onclick = () => item.readAt || mark({ ids: [item.id] }, li);
    li.append(shown);
    return li;
  };
  const show = () => {
    all.disabled = unread === 0;
    badge.textContent = unread;
    badge.hidden = unread === 0;
    document.title = document.title.replace(/^(\\(\\d+\\) )?/, unread > 0 ? '(' + unread + ') ' : '');
    find('empty').hidden = items.size > 0;
  };
  const put = (item, isNew) => {
    const known = items.get(item.id);
    const li = row(item);
    items.set(item.id, { item, li });
    if (isNew) li.classList.add('new');
    if (known) return known.li.replaceWith(li);
    const older = [...list.children].find(({ dataset }) => dataset.id < item.id);
    list.insertBefore(li, older ?? null);
  };
  const setRead = (isRead) => {
    const readAt = new Date().toISOString();
    for (const { item } of items.values()) if (!item.readAt && isRead(item.id)) put({ ...item, readAt });
  };
  const api = async (path, options) => {
    const answer = await fetch(base + path, options);
    if (!answer.ok) throw new Error('answered ' + answer.status);
    return answer.json();
  };
  const count = async () => {
    unread = (await api('me?limit=1')).unread;
    show();
  };
  const load = async () => {
    const inbox = await api('me?limit=100');
    for (const item of inbox.notifications) put(item);
    unread = inbox.unread;
    show();
  };
  const mark = async (which, li) => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
    const answer = await api('read', { method: 'POST', headers, body: JSON.stringify(which) }).catch(() => undefined);
    if (!answer) return void (said.textContent = 'It could not be marked read.');
    const next = li?.nextElementSibling?.querySelector('button') ?? list.querySelector('button') ?? all;
    unread = answer.unread;
    setRead((id) => (which.ids ? which.ids.includes(id) : id <= which.upTo));
    show();
    next.isConnected ? next.focus() : list.querySelector('button')?.focus();
  };
  all.onclick = () => mark({ upTo: [...items.keys()].sort().at(-1) });

  const stateIs = (text, isLive) => {
    state.textContent = text;
    state.classList.toggle('live', isLive);
  };
  // The browser itself comes back after a break, with Last-Event-ID; it gives up where it is answered with a refusal.
  const open = () => {
    const stream = new EventSource(base + 'stream');
    let isFirst = true;
    stream.onopen = () => {
      stateIs('Live', true);
      if (isFirst) load().catch(() => undefined);
      isFirst = false;
    };
    stream.onerror = () => {
      stateIs('Reconnecting…', false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    };
    stream.addEventListener('notification', ({ data }) => {
      const item = JSON.parse(data);
      if (items.has(item.id)) return;
      put(item, true);
      said.textContent = item.body;
      count().catch(show);
    });
    stream.addEventListener('read', ({ data }) => {
      const { ids, upTo } = JSON.parse(data);
      setRead((id) => (ids ? ids.includes(id) : id <= upTo));
      count().catch(() => undefined);
    });
    stream.addEventListener('gap', () => load().catch(() => undefined));
  };
  open();
`;

/** A person's inbox in the app: the list, and what the API's stream brings. */
export function inboxPage({ people, person }: Omit<Viewed, 'view'>): Promise<Page> {
  const viewed: Viewed = { people, person, view: 'inbox' };
  const body = html`${peopleBar(viewed)}
<main>${personHead(viewed)}
<div class="tools">
  <h2>Inbox <span class="badge" id="unread" aria-label="unread" hidden></span></h2>
  <span class="state soft small" id="state">Connecting…</span>
  <button class="quiet" id="all" disabled>Mark all read</button>
</div>
<ol id="list"></ol>
<p class="empty" id="empty" hidden>Nothing has happened yet.</p>
</main>`;
  return makePage({ title: `${person.contact.name}’s inbox`, style: STYLE, script: SCRIPT, body });
}
