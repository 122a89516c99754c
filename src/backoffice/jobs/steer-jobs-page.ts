import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line } from '../../api/http/fields.ts';
import { findJob } from './jobs.ts';
import { backfillSlots, digestOfSlots, pauseOrResume, runSlotNow, slotsIn } from './steer-job.ts';
import { action, onceField } from '../kit/action.ts';
import { moment } from '../kit/fields.ts';
import { said } from './job-words.ts';
import { JOBS } from './jobs-page.ts';
import { page } from '../kit/page.ts';
import { facts, time } from '../kit/parts.ts';
import { shownFields, shownForm } from '../kit/shown.ts';
import { common } from '../kit/words.ts';

const params = z.strictObject({ name: z.string().max(100) });
const reason = line(500);
const NAMED = 20;

/** Where operators run slots, backfill, pause and resume. */
export function steerJobPages(api: Api, deps: ApiDeps): void {
  const job = ({ name }: { readonly name: string }) => findJob(deps, name);
  const back = ({ name }: { readonly name: string }) => `${JOBS}/${name}`;

  page(api, deps, { path: `${JOBS}/:name/run`, params, query: z.strictObject({ slot: moment }) }, async ({ viewer: { language, mayWrite }, params: asked, query: { slot } }) => {
    const say = { ...common[language], ...said[language] };
    return {
      title: `${job(asked).name}: ${say.runNow}`,
      body: html`${facts([[say.slot, time(slot)]])}
        <form method="post" action="${back(asked)}/run" class="actions">${onceField()}<input type="hidden" name="slot" value="${slot.toISOString()}" />
          <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label><button${mayWrite ? '' : html` disabled`}>${say.run}</button></form>`,
    };
  });

  const period = z.strictObject({ from: moment, to: moment });
  page(api, deps, { path: `${JOBS}/:name/backfill`, params, query: period }, async ({ viewer: { language, mayWrite }, params: asked, query }) => {
    const say = { ...common[language], ...said[language] };
    const slots = await slotsIn(deps.sql, job(asked), query, new Date());
    return {
      title: `${job(asked).name}: ${say.backfill}`,
      body: html`${facts([[say.from, time(query.from)], [say.to, time(query.to)], [say.slots, slots.length]])}
        ${slots.length === 0 ? html`<p class="empty">${say.none}</p>` : html`<p>${say.willRun}</p>
        <ul>${slots.slice(0, NAMED).map((slot) => html`<li>${time(slot)}</li>`)}${slots.length > NAMED ? html`<li>…</li>` : ''}</ul>
        <form method="post" action="${back(asked)}/backfill" class="actions">${onceField()}
          <input type="hidden" name="from" value="${query.from.toISOString()}" /><input type="hidden" name="to" value="${query.to.toISOString()}" />
          ${shownFields({ count: slots.length, digest: digestOfSlots(slots) })}
          <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>
          <button${mayWrite ? '' : html` disabled`}>${say.run} ${slots.length}</button></form>`}`,
    };
  });

  action(api, deps, { path: '/jobs/:name/run', params, form: z.strictObject({ slot: moment, reason }) }, async ({ params: asked, form, ...steering }) => {
    await runSlotNow(steering, job(asked), form);
    return back(asked);
  });
  action(api, deps, { path: '/jobs/:name/backfill', params, form: period.extend({ ...shownForm, reason }) }, async ({ params: asked, form, ...steering }) => {
    await backfillSlots(steering, job(asked), form);
    return back(asked);
  });
  for (const [verb, name] of [['pause', 'pause-job'], ['resume', 'resume-job']] as const) {
    action(api, deps, { path: `/jobs/:name/${verb}`, params, form: z.strictObject({ reason }) }, async ({ params: asked, form, ...steering }) => {
      await pauseOrResume(steering, job(asked), { action: name, ...form });
      return back(asked);
    });
  }
}
