import { expect, test } from 'vitest';
import { listGaps, playHistories } from '../../dev/story/ledger/play.ts';
import { createDatabase } from '../support/database.ts';

const HISTORIES = 300;
const SEED = 12_000;

test('in every order, twice and at once, each thing is taken and given back once', { timeout: 180_000 }, async () => {
  const { sql } = await createDatabase();
  const differences = await playHistories(sql, { histories: HISTORIES, seed: SEED });
  expect(differences.slice(0, 3)).toEqual([]);
  expect(await listGaps(sql)).toEqual([]);
  // The histories are about something.
  const [played] = await sql<Record<string, number>[]>`
    select count(*) filter (where kind = 'credit-note')::integer as notes,
           count(*) filter (where replaces is not null)::integer as corrected,
           (select count(*) from ledger_entry where dispute_id is not null)::integer as verdicts,
           (select count(*) from ledger_entry where turn > 2)::integer as turns
    from invoice
  `;
  const least = { notes: HISTORIES / 2, corrected: HISTORIES / 5, verdicts: HISTORIES / 5, turns: HISTORIES / 2 };
  expect(Object.entries(least).filter(([name, count]) => (played?.[name] ?? 0) < count)).toEqual([]);
});
