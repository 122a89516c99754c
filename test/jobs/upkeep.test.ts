import { expect, test } from 'vitest';
import { forgetIdempotencyKeys } from '../../src/jobs/forget-idempotency-keys.ts';
import { maintainPartitions } from '../../src/jobs/maintain-partitions.ts';
import { pruneJobLedger } from '../../src/jobs/prune-job-ledger.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';

test('keys are forgotten after two days, however often that is done', async () => {
  const { sql } = await createDatabase();
  await sql`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer, created_at)
    values ('old', 'r', 'k', 'f', 200, 'a', now() - interval '49 hours'), ('new', 'r', 'k', 'f', 200, 'a', now() - interval '47 hours')
  `;
  for (const _ of [1, 2]) expect(await runSlot(sql, forgetIdempotencyKeys, { ports: {} })).toMatchObject({ outcome: 'done' });
  expect((await sql`select subject from idempotency_key`).map(({ subject }) => String(subject))).toEqual(['new']);
});

test('many keys are forgotten in parts, each in a transaction of its own', async () => {
  const { sql } = await createDatabase();
  await sql`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer, created_at)
    select 'old', 'r', n::text, 'f', 200, 'a', now() - interval '49 hours' from generate_series(1, 20001) as n
  `;
  expect(await runSlot(sql, forgetIdempotencyKeys, { ports: {} })).toMatchObject({ outcome: 'done' });
  expect(await sql`select from idempotency_key`).toHaveLength(0);
  expect(await sql`select from job_chunk where job_name = ${forgetIdempotencyKeys.name}`).toHaveLength(3);
});

test('the days ahead are made, by several at once as well', async () => {
  const { sql } = await createDatabase();
  await Promise.all([1, 2, 3].map(() => runSlot(sql, maintainPartitions, { ports: {}, scheduledFor: new Date(Math.floor(Date.now() / 1_000) * 1_000) })));
  const days = await sql`select from pg_class where relname ~ '^outbox_event_[0-9]{8}$'`;
  expect(days.length).toBeGreaterThanOrEqual(8);
});

test('the ledger keeps what is recent, rare or went wrong', async () => {
  const { sql } = await createDatabase();
  await sql`insert into job (name, planned_until) values ('rhythm', now()), ('monthly', now())`;
  await sql`
    insert into job_run (job_name, scheduled_for, outcome)
    select 'rhythm', date_trunc('hour', now()) - interval '3 days' + n * interval '5 seconds', case n when 3 then 'failed' else 'done' end
    from generate_series(1, 5) as n
    union all
    select 'rhythm', date_trunc('hour', now()) - interval '1 hour' + n * interval '5 seconds', 'done' from generate_series(1, 2) as n
    union all
    select 'monthly', date_trunc('hour', now()) - n * interval '30 days', 'done' from generate_series(1, 14) as n
  `;
  expect(await runSlot(sql, pruneJobLedger, { ports: {} })).toMatchObject({ outcome: 'done' });
  const kept = await sql`select job_name, outcome, count(*)::integer as slots from job_run where job_name <> 'prune-job-ledger' group by 1, 2 order by 1, 2`;
  expect(kept).toEqual([
    { job_name: 'monthly', outcome: 'done', slots: 13 },
    { job_name: 'rhythm', outcome: 'done', slots: 3 }, // of three days ago the last of them, which had none after it
    { job_name: 'rhythm', outcome: 'failed', slots: 1 },
  ]);
});
