import { migrate } from '../../../src/platform/migrate.ts';
import { openPostgres } from '../../../src/platform/postgres.ts';
import { claimFolder } from '../../claim-folder.ts';
import { startServices } from '../../services.ts';
import { listGaps, playHistories } from './play.ts';

const SHOWN = 3;
const CONNECTIONS = 12;

interface Telling {
  readonly histories: number;
  readonly seed: number;
}

/** Plays random histories of money on a database of its own; tells whether every balance was the model's. */
export async function tellLedger({ histories, seed }: Telling): Promise<boolean> {
  await using services = await startServices({ dataDir: await claimFolder('ledger'), documents: 'none', inMemory: true });
  const sql = openPostgres({ url: services.databaseUrl, name: 'ledger', connections: CONNECTIONS });
  await migrate(sql);
  console.log(`seed ${seed}: ${histories} histories of charges, payments, refunds, verdicts, credit notes and reissues`);
  const onHistory = (count: number) => {
    if (count % 1_000 === 0) console.log(`${count} of ${histories}`);
  };
  const differences = await playHistories(sql, { histories, seed, onHistory });
  const gaps = await listGaps(sql);
  const [row] = await sql<{ documents: number; entries: number }[]>`
    select (select count(*) from invoice)::integer as documents, (select count(*) from ledger_entry)::integer as entries
  `;
  await sql.end();
  for (const difference of differences.slice(0, SHOWN)) console.log(JSON.stringify(difference));
  for (const series of gaps) console.log(`series ${series} has a gap`);
  console.log(`${row?.documents} documents, ${row?.entries} entries, ${differences.length} histories differ`);
  return differences.length === 0 && gaps.length === 0;
}
