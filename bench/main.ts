// node bench/main.ts [--quick] [--peers] [--only NAME,NAME]: measures the spine against what it stands on.
// Fails when a bound is broken.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimFolder } from '../dev/claim-folder.ts';
import { giveUp, MissingPart } from '../dev/missing-part.ts';
import { startServices } from '../dev/services.ts';
import { measureBacklog, measureGrowth } from './backlog.ts';
import { measureClaim } from './claim.ts';
import { measureInvoices } from './invoices.ts';
import { measureLatency } from './latency.ts';
import { keepsBound, type Measure } from './measure.ts';
import { measureNotifications } from './notifications.ts';
import { measurePages } from './pages.ts';
import { installPeers } from './peers/install.ts';
import { measureSpine } from './peers/spine.ts';
import { measureTickets } from './peers/tickets.ts';
import { measureRanking } from './ranking.ts';
import { measureReaction } from './reaction.ts';
import { measureReconciliation } from './reconciliation.ts';
import { measureRedisCpu } from './redis-cpu.ts';
import { measureRelay } from './relay.ts';
import { measureTraces } from './traces.ts';
import type { Servers } from './world.ts';
import { measureWrite } from './write.ts';

const FULL = {
  relay: { count: 20_000, rounds: 5 },
  reaction: { count: 20_000, rounds: 5 },
  redis: { count: 20_000, rounds: 3 },
  backlog: { waiting: 200_000, count: 40_000 },
  growth: { small: 10_000, large: 1_000_000 },
  claim: { history: 1_000_000, rounds: 15 },
  write: { count: 4_000, rounds: 5 },
  latency: { forSeconds: 20 },
  notifications: { count: 1_500, rounds: 5 },
  ranking: { listings: 1_000_000, zones: 200, rounds: 2 },
  reconciliation: { lines: 1_000_000 },
  invoices: { count: 50_000, rounds: 2 },
  traces: { requests: 2_000, events: 60_000, rounds: 7 },
  pages: { events: 300_000, rounds: 40 },
  spine: { count: 40_000, rounds: 5 },
  tickets: { count: 4_000, rounds: 7 },
};
const QUICK: typeof FULL = {
  relay: { count: 5_000, rounds: 3 },
  reaction: { count: 5_000, rounds: 3 },
  redis: { count: 5_000, rounds: 3 },
  backlog: { waiting: 50_000, count: 20_000 },
  growth: { small: 5_000, large: 100_000 },
  claim: { history: 200_000, rounds: 9 },
  write: { count: 1_000, rounds: 3 },
  latency: { forSeconds: 5 },
  notifications: { count: 500, rounds: 3 },
  ranking: { listings: 50_000, zones: 20, rounds: 3 },
  reconciliation: { lines: 50_000 },
  invoices: { count: 5_000, rounds: 7 },
  traces: { requests: 2_000, events: 20_000, rounds: 9 },
  pages: { events: 50_000, rounds: 20 },
  spine: { count: 10_000, rounds: 3 },
  tickets: { count: 1_000, rounds: 5 },
};

interface Given {
  readonly servers: Servers;
  readonly sizes: typeof FULL;
  /** For what is written meanwhile; on the disk that the database is on. */
  readonly folder: string;
}

type Parts = Readonly<Record<string, (given: Given) => Promise<readonly Measure[]>>>;

/** Parts that `--only` may name. */
const PARTS: Parts = {
  relay: async ({ servers, sizes }) => [await measureRelay(servers, sizes.relay)],
  reaction: async ({ servers, sizes }) => [await measureReaction(servers, sizes.reaction)],
  redis: async ({ servers, sizes }) => [await measureRedisCpu(servers, sizes.redis)],
  backlog: ({ servers, sizes }) => measureBacklog(servers, sizes.backlog),
  growth: ({ servers, sizes }) => measureGrowth(servers, sizes.growth),
  claim: async ({ servers, sizes }) => [await measureClaim(servers, sizes.claim)],
  write: async ({ servers, sizes }) => [await measureWrite(servers, sizes.write)],
  latency: ({ servers, sizes }) => measureLatency(servers, sizes.latency),
  notifications: ({ servers, sizes, folder }) =>
    measureNotifications(servers, { ...sizes.notifications, mailLogFile: join(folder, 'mails.jsonl') }),
  ranking: ({ servers, sizes }) => measureRanking(servers, sizes.ranking),
  reconciliation: ({ servers, sizes, folder }) => measureReconciliation(servers, { ...sizes.reconciliation, folder }),
  invoices: ({ servers, sizes }) => measureInvoices(servers, sizes.invoices),
  traces: ({ servers, sizes }) => measureTraces(servers, sizes.traces),
  pages: ({ servers, sizes }) => measurePages(servers, sizes.pages),
};

/** Parts that `--peers` adds: comparisons with other queues, whose packages are installed first. */
const PEERS: Parts = {
  spine: ({ servers, sizes }) => measureSpine(servers, sizes.spine),
  tickets: ({ servers, sizes }) => measureTickets(servers, sizes.tickets),
};

async function measureAll(given: Given, all: Parts, only: string | undefined): Promise<readonly Measure[]> {
  const parts = Object.entries(all).filter(([name]) => only === undefined || only.split(',').includes(name));
  if (parts.length === 0) throw new MissingPart(`No part is called ${only}. Use ${Object.keys(all).join(', ')}.`);
  const measures: Measure[] = [];
  for (const [, measure] of parts) measures.push(...(await measure(given)));
  return measures;
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

const flag = { type: 'boolean', default: false } as const;
const { values: flags } = parseArgs({ options: { quick: flag, peers: flag, only: { type: 'string' } } });
const { quick, peers, only } = flags;
if (peers) installPeers();
const dataDir = await claimFolder('bench');
const services = await startServices({ dataDir, documents: 'none' }).catch(giveUp);
const setting = { servers: services, sizes: quick ? QUICK : FULL, folder: dataDir };
const parts = peers ? { ...PARTS, ...PEERS } : PARTS;
const measures = await measureAll(setting, parts, only).catch(giveUp).finally(() => services.stop());
showTable(measures);
const file = join(dirname(dataDir), 'bench.json');
const run = { at: new Date(), quick, node: process.version, cores: availableParallelism(), measures };
writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`);
console.log(`written to ${file}`);
process.exit(measures.every(keepsBound) ? 0 : 1);
