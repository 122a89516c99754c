import { expect, test } from 'vitest';
import { examinePartitions } from '../../../src/backoffice/doctor/examine-partitions.ts';
import { lowestId, maintainPartitions } from '../../../src/outbox/partitions.ts';
import { createDatabase } from '../../support/database.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { commit } from '../../support/outbox-rows.ts';

test('days that are made ahead, with every row in its own, are fine', async () => {
  const { sql } = await createDatabase();
  await maintainPartitions(sql, new Date());
  await commit(sql);
  expect(complaints(await examinePartitions(sql))).toEqual([]);
});

test('days that are not made ahead are a problem, and name the job', async () => {
  const { sql } = await createDatabase();
  expect(findingOf(await examinePartitions(sql), 'partitions ahead')).toMatchObject({
    verdict: 'problem', todo: expect.stringContaining('maintain-partitions'),
  });
});

test('a row outside every day is a warning', async () => {
  const { sql } = await createDatabase();
  await maintainPartitions(sql, new Date());
  const id = await commit(sql);
  await sql`update outbox_event set id = ${lowestId(new Date('2020-01-01'))} where id = ${id}`;
  expect(complaints(await examinePartitions(sql))).toEqual(['stray rows: warning']);
});
