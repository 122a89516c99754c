// node bench/main.ts [--quick]: measures the spine against what it stands on; fails when a bound is broken.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { claimFolder } from '../dev/claim-folder.ts';
import { giveUp } from '../dev/missing-part.ts';
import { startServices } from '../dev/services.ts';
import { measureClaim } from './claim.ts';
import { measureLatency } from './latency.ts';
import { keepsBound, type Measure } from './measure.ts';
import { measureNotifications } from './notifications.ts';
import { measureReaction } from './reaction.ts';
import { measureRelay } from './relay.ts';
import type { Servers } from './world.ts';
import { measureWrite } from './write.ts';

const FULL = {
  relay: { count: 20_000, rounds: 5 },
  reaction: { count: 20_000, rounds: 5 },
  claim: { history: 1_000_000, rounds: 15 },
  write: { count: 4_000, rounds: 5 },
  latency: { forSeconds: 20 },
  notifications: { count: 1_500, rounds: 5 },
};
const QUICK: typeof FULL = {
  relay: { count: 5_000, rounds: 3 },
  reaction: { count: 5_000, rounds: 3 },
  claim: { history: 200_000, rounds: 9 },
  write: { count: 1_000, rounds: 3 },
  latency: { forSeconds: 5 },
  notifications: { count: 500, rounds: 3 },
};

async function measureAll(servers: Servers, sizes: typeof FULL, mailLogFile: string): Promise<readonly Measure[]> {
  return [
    await measureRelay(servers, sizes.relay),
    await measureReaction(servers, sizes.reaction),
    await measureClaim(servers, sizes.claim),
    await measureWrite(servers, sizes.write),
    ...(await measureLatency(servers, sizes.latency)),
    ...(await measureNotifications(servers, { ...sizes.notifications, mailLogFile })),
  ];
}

function showTable(measures: readonly Measure[]): void {
  const rows = [['measure', 'ours', 'baseline', 'value', 'bound', 'kept'], ...measures.map(toRow)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const padded = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  for (const row of rows) console.log(padded(row).join('   ').trimEnd());
}

function toRow(measure: Measure): string[] {
  const { name, unit, ours, baseline, value, bound } = measure;
  const digits = (figure: number) => ({ maximumFractionDigits: figure < 100 ? 1 : 0 });
  const amount = (figure: number) => `${figure.toLocaleString('en', digits(figure))} ${unit}`;
  return [
    name,
    amount(ours),
    baseline === undefined ? '' : amount(baseline),
    value.toFixed(2),
    'atLeast' in bound ? `>= ${bound.atLeast}` : `<= ${bound.atMost}`,
    keepsBound(measure) ? 'yes' : 'NO',
  ];
}

const quick = process.argv.includes('--quick');
const dataDir = await claimFolder('bench');
const services = await startServices({ dataDir, documents: 'none' }).catch(giveUp);
const mailLogFile = join(dataDir, 'mailbox.jsonl');
const measures = await measureAll(services, quick ? QUICK : FULL, mailLogFile).finally(() => services.stop());
showTable(measures);
const file = join(dirname(dataDir), 'bench.json');
const run = { at: new Date(), quick, node: process.version, cores: availableParallelism(), measures };
writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`);
console.log(`written to ${file}`);
process.exit(measures.every(keepsBound) ? 0 : 1);
