import { expect, test } from 'vitest';
import { examineContracts } from '../../../src/backoffice/doctor/examine-contracts.ts';
import { contracts } from '../../../src/events/index.ts';
import { lowestId, maintainPartitions } from '../../../src/outbox/partitions.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import { createDatabase } from '../../support/database.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { commit } from '../../support/outbox-rows.ts';

const DAY_MS = 86_400_000;

async function setUp() {
  const { sql } = await createDatabase();
  await registerSubscribers(sql, contracts, []);
  return { sql, examine: () => examineContracts(sql, contracts) };
}

test('what the release and the database know alike is fine', async () => {
  const { sql, examine } = await setUp();
  await commit(sql);
  expect(complaints(await examine())).toEqual([]);
});

test('an event type that the database does not know, or in an older version only, is a problem', async () => {
  const { sql, examine } = await setUp();
  await sql`delete from event_type where name = 'TicketCreated'`;
  await sql`update event_type set version = 1 where name = 'TenantCreated'`;
  expect(findingOf(await examine(), 'contracts')).toMatchObject({
    verdict: 'problem', found: 'The database does not know, or in an older version: TenantCreated, TicketCreated.', todo: expect.stringContaining('release'),
  });
});

test('a contract that a newer release has registered is a warning', async () => {
  const { sql, examine } = await setUp();
  await sql`update event_type set version = version + 1 where name = 'TicketCreated'`;
  expect(findingOf(await examine(), 'contract drift')).toMatchObject({ verdict: 'warning', found: 'A newer release has registered: TicketCreated.' });
});

test('an event of the last day that this release can’t read is a warning; an older one is not', async () => {
  const { sql, examine } = await setUp();
  await maintainPartitions(sql, new Date());
  const [young, old] = [await commit(sql), await commit(sql)];
  await sql`update outbox_event set schema_version = 9, id = ${lowestId(new Date(Date.now() - 1.5 * DAY_MS))} where id = ${old}`;
  expect(complaints(await examine())).toEqual([]);
  await sql`update outbox_event set schema_version = 9 where id = ${young}`;
  expect(findingOf(await examine(), 'events of the last day')).toMatchObject({ verdict: 'warning', found: 'This release can’t read: TenantCreated 9.' });
});
