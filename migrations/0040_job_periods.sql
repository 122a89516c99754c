-- Each period of a job begins where the last one that was run ended, whatever the schedule says by now.

-- `covered_until`: the end of the last period that was run; null before the first.
alter table job add column covered_until timestamptz;

-- The zone of the schedule that planned the slot, and the time that its run covers; null before the slot is taken.
alter table job_run
  add column time_zone    text,
  add column period_start timestamptz,
  add column period_end   timestamptz,
  add constraint job_run_period_whole   check ((period_start is null) = (period_end is null)),
  add constraint job_run_period_forward check (period_start < period_end);

-- The zone of earlier slots is not on record. Where it was another than the jobs declare, the next period is odd by hours.
update job
set covered_until = case
      when name in ('close-payout-cycles', 'issue-invoices')
        then date_trunc('month', slot at time zone 'America/Mexico_City') at time zone 'America/Mexico_City'
      when name in ('score-fraud', 'detect-fraud-patterns')
        then date_trunc('day', slot at time zone 'America/Mexico_City') at time zone 'America/Mexico_City'
      when name = 'fetch-settlement-reports' then date_trunc('day', slot at time zone 'UTC') at time zone 'UTC'
      else slot
    end
from (
  select job_name, max(scheduled_for) as slot from job_run
  where outcome in ('running', 'done', 'caught-up', 'failed') and requested_by is null
  group by job_name
) last
where job_name = name and name not in (
  -- These keep a rhythm and have no periods.
  'close-digests', 'forget-idempotency-keys', 'maintain-partitions', 'release-notifications', 'run-replays'
);
