import { html } from 'hono/html';
import { duration, time } from '../kit/parts.ts';
import type { Html } from '../kit/shell.ts';
import type { TimelineStep } from './timeline-steps.ts';

/** The steps in their order, each with the wait before it; what is missing has no time and stands last. */
export function timeline(steps: readonly TimelineStep[]): Html {
  let last: number | undefined;
  const rows = steps.map((step) => {
    const at = step.at?.getTime();
    const wait = at === undefined || last === undefined ? undefined : Math.max(0, at - last);
    last = at ?? last;
    return html`<li class="${step.tone}">
        <span class="when">${step.at === undefined ? '' : time(step.at)}${wait === undefined ? '' : html`<span class="soft"> +${duration(wait)}</span>`}</span>
        <span class="what">${step.what}${step.detail == null ? '' : html` <span class="soft">${step.detail}</span>`}</span>
      </li>`;
  });
  return html`<ol class="timeline">${rows}</ol>`;
}
