import { html } from 'hono/html';
import { time } from './parts.ts';
import type { Html } from './shell.ts';

export interface Chart {
  readonly caption: string;
  readonly times: readonly Date[];
  /** Values at the times; null where there is none. At most two lines. */
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
  /** What the table behind the picture is headed with. */
  readonly time: string;
  readonly figures: string;
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

/** Lines over time, drawn by `charts.js`; the same figures stand in a table for who can't see them. */
export function chart({ caption, times, lines, ...say }: Chart): Html {
  const data = {
    times: times.map((at) => at.getTime() / 1_000),
    lines: lines.map(({ label, values }) => ({ label, values: values.map(rounded) })),
  };
  return html`<figure class="card" data-chart="${JSON.stringify(data)}">
      <figcaption>${caption} ${lines.length < 2 ? '' : lines.map(({ label }) => html`<span class="key">${label}</span>`)}</figcaption>
      <div class="plot" aria-hidden="true" hx-morph-skip-children></div>
      <details><summary>${say.figures}</summary><div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table>
        <thead><tr><th scope="col">${say.time}</th>${lines.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
        <tbody>${times.map((at, index) => html`<tr><td>${time(at)}</td>${lines.map(({ values }) => html`<td>${rounded(values[index] ?? null) ?? '–'}</td>`)}</tr>`)}</tbody>
      </table></div></details>
    </figure>`;
}
