import { expect, test } from 'vitest';
import { jobs } from '../../src/jobs/index.ts';
import { runJobs } from '../../src/kernel/run-jobs.ts';
import { openLog } from '../../src/platform/log.ts';
import { createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const log = openLog({ process: 'test', level: 'silent' });

test('upkeep makes the days ahead and forgets keys after two days, in any number of processes at once', async () => {
  const { sql } = await createDatabase();
  await sql`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer, created_at)
    values ('old', 'r', 'k', 'f', 200, 'a', now() - interval '49 hours'), ('new', 'r', 'k', 'f', 200, 'a', now() - interval '47 hours')
  `;
  const running = Array.from({ length: 3 }, () => runJobs(jobs, { sql, log }));
  await until('the old key is forgotten and the days are there', async () => {
    const [row] = await sql<{ keys: string[]; days: number }[]>`
      select (select array_agg(subject) from idempotency_key) as keys,
             (select count(*) from pg_class where relname ~ '^outbox_event_[0-9]{8}$')::integer as days
    `;
    return row?.keys.join() === 'new' && row.days >= 8;
  });
  await Promise.all(running.map((upkeep) => upkeep.close()));
});

test('a job that fails is logged and tried again, and closing waits for the one at work', async () => {
  const { sql } = await createDatabase();
  let runs = 0;
  let ended = false;
  const gate = Promise.withResolvers<void>();
  const upkeep = runJobs(
    [{
      name: 'fails-once',
      everyMs: 1,
      async run() {
        runs += 1;
        if (runs === 1) throw new Error('once');
        await gate.promise;
        ended = true;
      },
    }],
    { sql, log },
  );
  await until('it runs again', () => runs === 2);
  const closed = upkeep.close();
  gate.resolve();
  await closed;
  expect([runs, ended]).toEqual([2, true]);
});
