import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, problem } from '../../platform/finding.ts';

/** Looks for slots that nobody takes; those of an operator's backfill are of the past from the start. */
export async function examineSlots(sql: Sql): Promise<readonly Finding[]> {
  const overdue = await sql<{ name: string }[]>`
    select distinct job_name as name from job_run
    where outcome = 'due' and requested_by is null and greatest(scheduled_for, not_before) < clock_timestamp() - interval '5 minutes' order by 1
  `;
  return [
    overdue.length === 0
      ? fine('slots', 'No slot is overdue.')
      : problem('slots', `Slots are overdue of: ${overdue.map(({ name }) => name).join(', ')}.`, 'See whether workers are up, and what the job’s page says of its last slots.'),
  ];
}
