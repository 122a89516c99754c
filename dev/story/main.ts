// npm run story [-- --tenants 50 --days 30 --seed 7]: a month of the marketplace through the API of a running system,
// with dishonest people among the honest, then every derived figure and balance against its recomputation from the
// facts, what each scheme gained, and a night that looks for planted rings.
// npm run story -- --ledger [--histories 10000]: random histories of money against a model in memory.
import { parseArgs } from 'node:util';
import { giveUp } from '../missing-part.ts';
import { startPaymentProvider } from '../sandbox/payment-provider.ts';
import { openStage, type Stage } from '../stage.ts';
import { UNLIMITED } from '../unbounded.ts';
import { until } from '../until.ts';
import { checkFigures, type Comparison } from './check.ts';
import { checkAccounts, comparePaidOut } from './check-balances.ts';
import { checkInvoices } from './check-invoices.ts';
import { checkRanking } from './check-ranking.ts';
import { openClient } from './client.ts';
import { checkSchemes, endSchemes, playSchemes } from './dishonest/play.ts';
import { castOne } from './dishonest/scene.ts';
import { tellLedger } from './ledger/story.ts';
import { findLastBilledMonth, playMonth } from './month.ts';
import { playNight } from './night.ts';
import { playJobs } from './play-jobs.ts';
import { progressLine } from './progress.ts';

const REST_DEADLINE_MS = 300_000;

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '50' }, days: { type: 'string', default: '30' }, seed: { type: 'string', default: '7' },
    ledger: { type: 'boolean', default: false }, histories: { type: 'string', default: '10000' },
  },
});
const { tenants, days, seed } = { tenants: Number(values.tenants), days: Number(values.days), seed: Number(values.seed) };

async function story(): Promise<boolean> {
  await using stage = await openStage({
    folder: 'story',
    documents: 'none',
    env: { ...UNLIMITED, BOUNDS: undefined, NOTIFICATIONS_PER_HOUR: undefined, LOG_LEVEL: 'warn', MONGODB_URL: undefined },
    preload: [new URL('clock.ts', import.meta.url)],
    print: (line) => console.log(line),
  });
  await using provider = await startPaymentProvider({
    webhookUrl: `${stage.apiUrl}/webhooks/payments/sandpay`, secret: stage.webhookSecret,
  });
  console.log(`seed ${seed}: ${tenants} tenants, ${days} days`);
  const client = openClient(stage);
  const start = findLastBilledMonth(new Date());
  const startedAt = performance.now();
  const show = (done: number) => {
    const line = progressLine({ done, days, requests: client.answered, startedAt });
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === days ? '\n' : ''}`);
    else if (done === days || done % 5 === 0) console.log(line);
  };
  await playMonth({ client, provider, tenants, days, seed, start, onDay: show });
  const operators = [castOne('honest operator'), castOne('second honest operator')] as const;
  const scene = { client, provider, mailbox: stage.mailbox, sql: stage.sql, start, now: new Date(), operators };
  const schemes = await playSchemes(scene);
  await settle(stage, 'the people’s events are consumed');
  printSlots(await playJobs(stage.sql, start));
  await settle(stage, 'the jobs’ events are consumed');

  const figures = [...(await checkFigures(stage.sql)), ...(await checkRanking(stage.sql)), await comparePaidOut(stage.sql)];
  const later = { ...scene, now: new Date() };
  const played = await endSchemes(later, schemes);
  await settle(stage, 'the last events are consumed');
  figures.push(...(await checkInvoices(stage.sql)), await checkAccounts(stage.sql, client));
  const gains = await checkSchemes(later, played);
  const { comparisons: frauds, precision, recall } = await playNight({ stage, client, seed });
  const comparisons = [...figures, ...frauds, ...gains];
  printFigures(comparisons);
  console.log(`rings: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`);
  const [total] = await stage.sql<{ events: number; dead: number }[]>`
    select (select count(*) from outbox_event)::integer as events, (select count(*) from dead_letter)::integer as dead
  `;
  const differences = comparisons.reduce((sum, one) => sum + one.differences, 0);
  console.log(`${total?.events} events, ${total?.dead} dead letters, ${differences} differences`);
  return differences === 0 && total?.dead === 0;
}

function printSlots(slots: Awaited<ReturnType<typeof playJobs>>): void {
  console.log(`\n${'job'.padEnd(32)} slots       ran`);
  for (const { job, slots: all, ran } of slots) console.log(`${job.padEnd(32)} ${String(all).padStart(5)}  ${String(ran).padStart(8)}`);
}

function printFigures(comparisons: readonly Comparison[]): void {
  console.log(`\n${'figure'.padEnd(32)} compared  differences`);
  for (const { figure, compared, differences } of comparisons) {
    console.log(`${figure.padEnd(32)} ${String(compared).padStart(8)}  ${String(differences).padStart(11)}`);
  }
}

/** Waits until every event is consumed. */
async function settle(stage: Stage, what: string): Promise<void> {
  await until(what, () => isConsumed(stage), { deadlineMs: REST_DEADLINE_MS });
}

async function isConsumed({ sql }: Stage): Promise<boolean> {
  const [row] = await sql<{ owed: string; settled: string; pending: boolean }[]>`
    select (select count(*) from outbox_event join subscription using (event_type)) as owed,
           (select count(*) from consumed_event) + (select count(*) from dead_letter) as settled,
           exists (select from outbox_event where status = 'pending') as pending
  `;
  return row !== undefined && !row.pending && row.owed === row.settled;
}

const run = values.ledger ? tellLedger({ histories: Number(values.histories), seed }) : story();
const agreed = await run.catch(giveUp);
process.exit(agreed ? 0 : 1);
