import { expect, test } from 'vitest';
import { forgetIdempotencyKeys } from '../../src/jobs/forget-idempotency-keys.ts';
import { maintainPartitions } from '../../src/jobs/maintain-partitions.ts';
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

test('the days ahead are made, by several at once as well', async () => {
  const { sql } = await createDatabase();
  await Promise.all([1, 2, 3].map(() => runSlot(sql, maintainPartitions, { ports: {}, scheduledFor: new Date(Math.floor(Date.now() / 1_000) * 1_000) })));
  const days = await sql`select from pg_class where relname ~ '^outbox_event_[0-9]{8}$'`;
  expect(days.length).toBeGreaterThanOrEqual(8);
});
