import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { examineSlots } from '../../../src/backoffice/doctor/examine-slots.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { createDatabase } from '../../support/database.ts';
import { complaints, findingOf } from '../../support/findings.ts';

test('a slot that nobody takes is a problem once it is due for five minutes; one that is to be tried later, or that an operator asked for, is not', async () => {
  const { sql } = await createDatabase();
  await registerJobs(sql, ['backfilled', 'early', 'late', 'later']);
  await sql`
    insert into job_run (job_name, scheduled_for, requested_by) values ('backfilled', clock_timestamp() - interval '6 minutes', ${randomUUID()})
  `;
  await sql`
    insert into job_run (job_name, scheduled_for, not_before) values
      ('early', clock_timestamp() - interval '4 minutes', '-infinity'),
      ('later', clock_timestamp() - interval '6 minutes', clock_timestamp() + interval '1 minute')
  `;
  expect(complaints(await examineSlots(sql))).toEqual([]);
  await sql`insert into job_run (job_name, scheduled_for) values ('late', clock_timestamp() - interval '6 minutes')`;
  expect(findingOf(await examineSlots(sql), 'slots')).toMatchObject({ verdict: 'problem', found: 'Slots are overdue of: late.' });
});
