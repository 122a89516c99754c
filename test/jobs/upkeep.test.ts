import { expect, test } from 'vitest';
import { forgetHistory } from '../../src/jobs/forget-history.ts';
import { forgetIdempotencyKeys } from '../../src/jobs/forget-idempotency-keys.ts';
import { maintainPartitions } from '../../src/jobs/maintain-partitions.ts';
import { pruneJobLedger } from '../../src/jobs/prune-job-ledger.ts';
import { lowestId } from '../../src/outbox/partitions.ts';
import { documentsInPostgres } from '../../src/documents/postgres-store.ts';
import { forgottenTables } from '../../src/store/operations/history.ts';
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

test('what is too old to be asked about is forgotten, the rest stays', async () => {
  const { sql } = await createDatabase();
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
  const idOf = (days: number, tail: string) => `${lowestId(ago(days)).slice(0, 24)}${tail.padStart(12, '0')}`;
  for (const days of [1, 399, 401, 500]) {
    const [id, digest, at] = [idOf(days, '1'), idOf(days + 1, '2'), ago(days)];
    await sql`insert into digest (id, user_id, category, closes_at, closed_at) values (${digest}, ${id}, 'x', ${at}, ${at})`;
    await sql`
      insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, digest_id)
      values (${id}, ${id}, ${id}, 'email', 'x', 1, 'es', '{}', ${digest})
    `;
    await sql`insert into notification_attempt (notification_id, attempt, outcome) values (${id}, 1, 'sending')`;
    await sql`insert into notification_receipt (notification_id, status, occurred_at) values (${id}, 'sent', ${at})`;
    await sql`insert into notification_decision (event_id, user_id, channel, rule, verdict) values (${id}, ${id}, 'push', 'reach', 'suppressed')`;
    await sql`insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash) values (${id}, 'view', 'v', '-infinity', ${at}, 'i')`;
    await sql`
      insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at, resolution, resolved_at)
      values ('notify', ${id}, 1, 'x', 'x', ${at}, ${at}, 'discarded', ${at})
    `;
    await sql`insert into webhook_payload (provider, delivery_id, standing, body_sha256, raw_body, headers, verdict, received_at)
      values ('p', ${id}, 'first', ${'0'.repeat(64)}, ${Buffer.from('x')}, '{}', 'valid', ${at})`;
    for (const raisedAt of [at, null]) {
      await sql`
        insert into early_refund (provider, provider_payment_id, provider_refund_id, amount_minor, currency, refunded_at, received_at, webhook_id, raised_at)
        values ('p', ${id}, ${String(raisedAt)}, 1, 'MXN', ${at}, ${at}, 'w', ${raisedAt})
      `;
    }
  }
  const tenantId = idOf(1, '3');
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at) values (${tenantId}, ${tenantId}, 'x', 'MX', 'MXN', 'UTC', now())
  `;
  for (const days of [29, 31]) {
    const [id, at] = [idOf(days, '1'), ago(days)];
    await sql`insert into contact_confirmation (id, user_id, channel, address, created_at, expires_at) values (${id}, ${id}, 'email', 'a@b.mx', ${at}, ${at})`;
    await sql`insert into member_invitation (id, tenant_id, invited_by, created_at, expires_at) values (${id}, ${tenantId}, ${id}, ${at}, ${at})`;
  }
  for (const _ of [1, 2]) expect(await runSlot(sql, forgetHistory, { ports: { documents: documentsInPostgres(sql) } })).toMatchObject({ outcome: 'done' });
  const kept = async (table: string) => (await sql`select from ${sql(table)}`).length;
  const tables = ['webhook_payload', ...forgottenTables.map(({ table }) => table)];
  const counts = Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await kept(table)] as const)));
  expect(counts).toEqual({
    webhook_payload: 2, notification: 2, notification_attempt: 2, notification_receipt: 2, notification_decision: 2, digest: 3,
    listing_visit: 2, dead_letter: 2, early_refund: 6, contact_confirmation: 1, member_invitation: 1,
  });
});
