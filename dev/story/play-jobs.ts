import type { Sql } from '../../src/platform/postgres.ts';
import { until } from '../until.ts';

const DEADLINE_MS = 300_000;

/** Has the workers run the slots of the story's time: their ledger begins with the story. */
export async function playJobs(sql: Sql, start: Date): Promise<readonly { readonly job: string; readonly slots: number; readonly ran: number }[]> {
  await sql`update job set planned_until = ${start}`;
  let left = {};
  await until(() => `every slot came to its end: ${JSON.stringify(left)}`, async () => {
    const [row] = await sql<{ unplanned: number; open: number }[]>`
      select (select count(*) from job where planned_until <= ${start})::integer as unplanned,
             (select count(*) from job_run where outcome in ('due', 'running') and scheduled_for < now() - interval '10 seconds')::integer as open
    `;
    left = row ?? {};
    return row?.unplanned === 0 && row.open === 0;
  }, { deadlineMs: DEADLINE_MS });
  return sql<{ job: string; slots: number; ran: number }[]>`
    select job_name as job, count(*)::integer as slots,
           (count(*) filter (where outcome in ('done', 'caught-up')))::integer as ran
    from job_run group by 1 order by 1
  `;
}
