import { html } from 'hono/html';
import { FAMILY_LIMIT, type Relative } from './timeline.ts';
import { badge, duration } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';

/** Events under those that caused them; the one that is looked at, if one is, is marked. */
export function familyTree(family: readonly Relative[], eventId?: string): Html {
  const known = new Set(family.map((relative) => relative.eventId));
  const began = family[0]?.createdAt.getTime() ?? 0;
  const branch = (parents: readonly Relative[]): Html => html`<ul class="tree">${parents.map((relative) => {
    const children = family.filter(({ causationId }) => causationId === relative.eventId);
    const isHere = relative.eventId === eventId;
    return html`<li>
        <a href="${UI}/events/${relative.eventId}"${isHere ? html` aria-current="page"` : ''}>${relative.eventType}</a>
        <span class="soft">+${duration(relative.createdAt.getTime() - began)}</span>
        ${relative.status === 'published' ? '' : badge(relative.status, relative.status === 'failed' ? 'bad' : 'warn')}
        ${children.length === 0 ? '' : branch(children)}
      </li>`;
  })}</ul>`;
  const roots = family.filter(({ causationId }) => causationId === null || !known.has(causationId));
  return html`${branch(roots)}${family.length < FAMILY_LIMIT ? '' : html`<p class="soft">… (${FAMILY_LIMIT})</p>`}`;
}
