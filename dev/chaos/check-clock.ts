import { jobs } from '../../src/jobs/index.ts';
import { slotsBetween } from '../../src/kernel/jobs/schedule.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import type { Finding, Verdict } from './check.ts';

const MOST = 10_000;

/** How every job with a cron expression is run in a campaign. */
export const EACH_MINUTE = { cron: '* * * * *', timeZone: 'America/Mexico_City' };
export const minutely = jobs.filter(({ schedule }) => 'cron' in schedule).map(({ name }) => name);

/** Invariants 5 to 7, at rest: the ledger, the fences, and the payouts. */
export async function checkClock(sql: Sql, { since, until }: { readonly since: Date; readonly until: Date }): Promise<Finding[]> {
  const [row] = await sql<Record<string, number>[]>`
    select (select count(*) from job_run where started_at is not null)::integer as began,
           (select count(*) from job_run where started_at < scheduled_for)::integer as early,
           (select count(*) from job_run where scheduled_for <= ${until})::integer as came,
           (select count(*) from job_run where scheduled_for <= ${until} and outcome in ('due', 'running'))::integer as open,
           (select count(*) from job_run where outcome = 'failed')::integer as failed,
           (select count(*) from job_chunk)::integer as chunks,
           (
             select count(*) from job_chunk late join job_chunk early
               on early.job_name = late.job_name and early.done_at < late.done_at and early.fence > late.fence
           )::integer as backward,
           (
             select count(*) from job_chunk chunk join job_lock lock using (job_name) where chunk.fence > lock.fence
           )::integer as unknown_fences,
           (
             select count(*) from (
               select from job_run where fence is not null group by job_name, fence having count(distinct worker) > 1
             ) as given_twice
           )::integer as shared_fences,
           (select count(*) from payout_cycle)::integer as cycles,
           (
             select count(*) from payout_cycle cycle
             where lines_minor <> (
               select coalesce(sum(amount_minor), 0) from payout_line line join commission on commission.id = commission_id
               where line.cycle_id = cycle.id
             )
           )::integer as unequal,
           (select count(*) from commission where not exists (
             select from payout_line line where line.commission_id = commission.id
           ))::integer as unpaid,
           (select count(*) from outbox_event where event_type = 'PayoutCycleClosed')::integer as closed
  `;
  const { began = 0, early = 0, came = 0, open = 0, failed = 0, chunks = 0, backward = 0 } = row ?? {};
  const { cycles = 0, unequal = 0, unpaid = 0, closed = 0, unknown_fences: unknownFences = 0, shared_fences: sharedFences = 0 } = row ?? {};
  const absent = await absentSlots(sql, { since, until });
  const finding = (invariant: string, verdict: Verdict, checked: number, wrong: number): Finding => ({ invariant, verdict, checked, wrong });
  return [
    finding('5 no slot began before its time', 'unexpected', began, early),
    finding('5 every slot that came is in the ledger', 'lost', absent.expected, absent.missing),
    finding('5 every slot came to its end', 'lost', came, open),
    finding('5 no slot failed', 'unexpected', came, failed),
    finding('6 no piece with an older fence after a newer one', 'stray', chunks, backward),
    finding('6 every fence was given', 'stray', chunks, unknownFences),
    finding('6 no fence was given to two', 'stray', began, sharedFences),
    finding('7 a payout cycle is the sum of its lines', 'stray', cycles, unequal),
    finding('7 every commission is in a cycle', 'lost', cycles, unpaid),
    finding('7 every cycle was told of once', 'duplicated', cycles, Math.abs(closed - cycles)),
  ];
}

async function absentSlots(sql: Sql, { since, until }: { readonly since: Date; readonly until: Date }) {
  const slots = slotsBetween(EACH_MINUTE, { after: since, until, limit: MOST });
  const rows = await sql<{ name: string; slots: number }[]>`
    select job_name as name, count(*)::integer as slots from job_run
    where scheduled_for = any(${slots.map((slot) => slot.toISOString())}::timestamptz[])
    group by 1
  `;
  const found = new Map(rows.map(({ name, slots: count }) => [name, count]));
  const missing = minutely.reduce((sum, name) => sum + slots.length - (found.get(name) ?? 0), 0);
  return { expected: slots.length * minutely.length, missing };
}
