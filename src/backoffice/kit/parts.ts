import { html } from 'hono/html';
import type { Html } from './shell.ts';
import { common, type Language } from './words.ts';

type Shown = Html | string | number | null | undefined;

/** How something stands, for its colour: the word beside it says the same. */
export type Tone = 'good' | 'bad' | 'warn' | 'calm';

export const badge = (text: string, tone: Tone = 'calm'): Html => html`<span class="badge ${tone}">${text}</span>`;

/** An instant in UTC, to the millisecond. */
export function time(at: Date | string | null | undefined): Html | string {
  if (at == null) return '–';
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 23)}</time>`;
}

/** A span of time in its two largest units: `850 ms`, `2.5 s`, `3 min 10 s`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}\u00a0s`;
  const units = [['d', 86_400], ['h', 3_600], ['min', 60], ['s', 1]] as const;
  const seconds = Math.round(ms / 1_000);
  const parts = units.map(([unit, size], index) => [Math.floor((index === 0 ? seconds : seconds % (units[index - 1]?.[1] ?? 1)) / size), unit] as const);
  const first = parts.findIndex(([count]) => count > 0);
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count}\u00a0${unit}`).join(' ');
}

/** An id that leads somewhere, short enough for a table; the whole of it is in the title. */
export const idLink = (path: string, id: string): Html => html`<a href="${path}" title="${id}"><code>${id.slice(-12)}</code></a>`;

export interface Table {
  /** Read out for the table, and for its scrolling. */
  readonly label: string;
  readonly head: readonly Shown[];
  readonly rows: readonly (readonly Shown[])[];
  readonly language: Language;
}

/** Rows under their heads; a narrow screen scrolls them. */
export function table({ label, head, rows, language }: Table): Html {
  if (rows.length === 0) return html`<p class="empty">${common[language].none}</p>`;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
      <thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
      <tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell ?? '–'}</td>`)}</tr>`)}</tbody>
    </table></div>`;
}

/** Names and what they are. */
export const facts = (pairs: readonly (readonly [string, Shown])[]): Html =>
  html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? '–'}</dd></div>`)}</dl>`;

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  /** Turns the field into a choice; the empty one is first. */
  readonly choices?: readonly string[];
  readonly type?: 'text' | 'datetime-local';
}

/** What narrows a list. It is the page's own query, so it can be kept as a link. */
export function filters(fields: readonly Field[], language: Language): Html {
  const say = common[language];
  return html`<form class="filters" method="get">${fields.map(({ name, label, value = '', choices, type = 'text' }) => html`
      <label>${label}${choices === undefined
        ? html`<input type="${type}" name="${name}" value="${value}"${type === 'text' ? '' : html` step="1"`} autocomplete="off" spellcheck="false" />`
        : html`<select name="${name}"><option value="">${say.all}</option>${choices.map((one) =>
            html`<option${one === value ? html` selected` : ''}>${one}</option>`)}</select>`}</label>`)}
      <button>${say.filter}</button>
    </form>`;
}

export interface Pager {
  /** The query of the page that is shown. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly nextCursor: string | null;
  readonly language: Language;
}

/** The ways to older rows and back to the newest. */
export function pager({ query, nextCursor, language }: Pager): Html {
  const { cursor, ...rest } = query;
  const say = common[language];
  return html`<nav class="pager" aria-label="${say.older}">
      ${cursor === undefined ? '' : html`<a href="?${search(rest)}">${say.newest}</a>`}
      ${nextCursor === null ? '' : html`<a href="?${search({ ...rest, cursor: nextCursor })}" rel="next">${say.older} →</a>`}
    </nav>`;
}

/** A query as text, without what is absent. */
export function search(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)]))).toString();
}

/** A part of the page at `href` that looks again by itself, every five seconds; focus and what is open stay. */
export const live = (id: string, href: string, body: Html): Html =>
  html`<div id="${id}" hx-get="${href}" hx-trigger="every 5s" hx-select="#${id}" hx-swap="outerMorph">${body}</div>`;
