import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { cursor, limit } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import type { Job } from '../../kernel/jobs/job.ts';
import { wholePeriod } from '../../kernel/jobs/job-period.ts';
import { type JobStanding, type LedgerRow, listJobs, listRuns } from '../../kernel/jobs/slot-ledger.ts';
import { findJob, nextSlots } from './jobs.ts';
import { onceField } from '../kit/action.ts';
import { said, stateBadge } from './job-words.ts';
import { factsFor } from '../../api/http/personal-data.ts';
import { page } from '../kit/page.ts';
import { badge, duration, facts, live, pager, table, time } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { common, type Language } from '../kit/words.ts';

export const JOBS = `${UI}/jobs`;
const LAST_SHOWN = 12;
const position = z.tuple([z.iso.datetime()]);

const list = { path: JOBS, params: none, query: none };
const one = { path: `${JOBS}/:name`, params: z.strictObject({ name: z.string().max(100) }), query: z.strictObject({ limit, cursor }) };

/** What the clock starts: when next, and what became of every slot. */
export function jobPages(api: Api, deps: ApiDeps): void {
  const { sql, jobs } = deps;
  page(api, deps, list, async ({ viewer: { language, path } }) => {
    const say = { ...common[language], ...said[language] };
    const standings = (await listJobs(sql)).flatMap((standing) => {
      const job = jobs.find(({ name }) => name === standing.name);
      return job === undefined ? [] : [{ ...standing, job }];
    });
    const rows = await Promise.all(standings.map(async ({ job, ...standing }) => {
      const runs = await listRuns(sql, job.name, { before: undefined, limit: LAST_SHOWN });
      return [
        html`<a href="${JOBS}/${job.name}">${job.name}</a>`,
        scheduleOf(job),
        standing.pausedAt === null ? time(nextSlots(job.schedule, standing.now)[0]) : badge(say.paused, 'warn'),
        runs[0] && html`${stateBadge(runs[0].outcome, language)} ${time(runs[0].scheduledFor)}`,
        html`<span class="runs">${runs.toReversed().map(({ outcome, scheduledFor }) =>
          html`<i class="${outcome}" title="${outcome} ${scheduledFor.toISOString()}"></i>`)}</span>`,
      ];
    }));
    return {
      title: say.jobs,
      body: live('jobs', path, table({ label: say.jobs, language, head: [say.job, say.schedule, say.next, say.last, say.lastOnes], rows })),
    };
  });

  page(api, deps, one, async ({ viewer, params: { name }, query }) => {
    const { language } = viewer;
    const say = { ...common[language], ...said[language] };
    const job = findJob(deps, name);
    const standing = factsFor(viewer.operator, (await listJobs(sql)).find((known) => known.name === name));
    const scope = `runs of ${name}`;
    const [before] = query.cursor === undefined ? [] : readCursor(scope, position, query.cursor);
    const rows = await listRuns(sql, name, { before: before === undefined ? undefined : new Date(before), limit: query.limit + 1 });
    const runs = factsFor(viewer.operator, rows.slice(0, query.limit));
    const last = rows.length > query.limit ? runs.at(-1) : undefined;
    const nextCursor = last === undefined ? null : writeCursor(scope, [last.scheduledFor.toISOString()]);
    return {
      title: name,
      body: html`
        ${facts([
          [say.schedule, scheduleOf(job)], [say.catchUp, job.catchUp], [say.overlap, job.overlap], [say.whenPaused, job.whenPaused],
          [say.next, standing && html`${nextSlots(job.schedule, standing.now).map((slot) => html`<div>${time(slot)}</div>`)}`],
          ...(standing?.pausedAt == null ? [] : [[say.paused, html`${time(standing.pausedAt)} ${standing.pausedReason}`] as const]),
        ])}
        ${viewer.mayWrite ? forms(job, standing, viewer) : ''}
        <h2>${say.ledger}</h2>
        ${live('runs', `${viewer.path}?${new URLSearchParams(query.cursor === undefined ? {} : { cursor: query.cursor }).toString()}`, runsTable(runs, job, viewer))}
        ${pager({ query, nextCursor, language })}`,
    };
  });
}

/** The rule as it was declared: cron and zone, or a rhythm. */
const scheduleOf = ({ schedule }: Job<object>): Html | string =>
  'everyMs' in schedule ? duration(schedule.everyMs) : html`<code>${schedule.cron}</code> <span class="soft">${schedule.timeZone}</span>`;

function runsTable(runs: readonly LedgerRow[], job: Job<object>, { language, mayWrite }: Viewer): Html {
  const say = { ...common[language], ...said[language] };
  return table({
    label: say.ledger, language,
    head: [say.slot, say.period, say.state, say.took, say.chunks, say.attempts, say.worker, say.why, ...(mayWrite ? [say.again] : [])],
    rows: runs.map(({ scheduledFor, outcome, startedAt, finishedAt, chunks, attempts, worker, reason, requestedBy, ...row }) => [
      time(scheduledFor), periodCell({ scheduledFor, ...row }, job, language), stateBadge(outcome, language),
      startedAt && finishedAt ? duration(finishedAt.getTime() - startedAt.getTime()) : null,
      chunks, attempts, worker,
      requestedBy === null ? reason : html`<a href="${UI}/actions/${requestedBy}">${say.requested}</a> ${reason}`,
      ...(mayWrite ? [html`<a href="${JOBS}/${job.name}/run?slot=${scheduledFor.toISOString()}">${say.runAgain}</a>`] : []),
    ]),
  });
}

/** Shows the period of a run; a day or month that is not whole is marked. */
function periodCell({ scheduledFor, timeZone, periodStart, periodEnd }: Pick<LedgerRow, 'scheduledFor' | 'timeZone' | 'periodStart' | 'periodEnd'>, job: Job<object>, language: Language): Html | null {
  if (periodStart === null || periodEnd === null) return null;
  const whole = wholePeriod(job, { scheduledFor, timeZone });
  const isOdd = job.covers !== 'since the last' && (periodStart.getTime() !== whole.start.getTime() || periodEnd.getTime() !== whole.end.getTime());
  return html`${time(periodStart)} – ${time(periodEnd)} ${isOdd ? badge(said[language].odd, 'warn') : ''}`;
}

function forms({ name, schedule }: Job<object>, standing: JobStanding | undefined, { language }: Viewer): Html {
  const say = { ...common[language], ...said[language] };
  const isPaused = standing?.pausedAt != null;
  const reason = html`<label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>`;
  return html`<details class="card"${isPaused ? html` open` : ''}><summary>${isPaused ? say.resume : say.pause}</summary>
      <form method="post" action="${JOBS}/${name}/${isPaused ? 'resume' : 'pause'}" class="actions">${onceField()}${reason}
        <button>${isPaused ? say.resume : say.pause}</button></form></details>
    ${'everyMs' in schedule ? '' : html`<details class="card"><summary>${say.backfill}</summary>
      <form method="get" action="${JOBS}/${name}/backfill" class="filters">
        <label>${say.from}<input type="datetime-local" name="from" step="1" required /></label>
        <label>${say.to}<input type="datetime-local" name="to" step="1" required /></label>
        <button>${say.preview}</button></form></details>`}`;
}
