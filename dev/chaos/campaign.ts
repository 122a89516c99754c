import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';
import { readAccepted } from './accepted.ts';
import { check, type Evidence, type Finding } from './check.ts';
import { backlogOfOneTenant } from './backlog.ts';
import { dependencyFaults } from './dependencies.ts';
import { describeAttempts } from './check-providers.ts';
import { type Client, openClient } from './client.ts';
import { type Fault, faults, type Given } from './faults.ts';
import { observe } from './observe.ts';
import { cure, plantPoison, type Poison } from './poison.ts';
import { providerFaults } from './providers.ts';
import { reach } from './reach.ts';
import { seeded, shuffled } from '../random.ts';
import { openWorld, type World } from './world.ts';

const STANDSTILL_MS = 150_000; // longer than a mail's attempt may stay open, and than a deferral that was met twice
const LULL_MS = 100;

export interface CampaignOptions {
  readonly seed: number;
  /** Events to be committed at least. */
  readonly events: number;
  readonly faults: readonly Fault[];
  readonly mutant?: string | undefined;
  readonly print: (line: string) => void;
}

/** Runs the system under load and attack, lets it come to rest, cures what can be cured, and checks every invariant. */
export async function runCampaign({ seed, events, faults: chosen, mutant, print }: CampaignOptions): Promise<Finding[]> {
  const random = seeded(seed);
  const world = await openWorld({ mutant, channels: chosen.some(({ channels }) => channels) });
  try {
    const { apiUrl, issueToken, sql, dataDir, channels } = world;
    const client = await openClient({
      apiUrl, issueToken, random, seed, logFile: join(dataDir, 'client.jsonl'),
      reach: channels && ((people) => reach(sql, channels, people)),
    });
    const count = Math.ceil(events / client.eventsEach);
    const planted = await plantPoison(sql, { count, ...client });
    const poison = { ...planted, ids: [...planted.ids], deadly: [...planted.deadly] };
    const addPoison: Given['addPoison'] = (ids, deadly) => {
      poison.ids.push(...ids);
      poison.deadly.push(...deadly);
    };
    const [keeping, losing] = [false, true].map((loses) => shuffled(chosen.filter((fault) => (fault.losesJobs ?? false) === loses), random));
    const shares = chosen.reduce((sum, { share = 1 }) => sum + share, 1);
    const odd: Finding[] = [];
    const strikeAll = async (list: readonly Fault[] = []) => {
      for (const fault of list) odd.push(await strike({ world, client, fault, random, print, addPoison, load: Math.ceil((count * (fault.share ?? 1)) / shares) }));
    };

    await strikeAll(keeping);
    await client.open(Math.ceil(count / shares));
    const calm = [await rest(world, print)];
    odd.push(await nothingRepublished(world));
    if (losing?.length) {
      await strikeAll(losing);
      calm.push(await rest(world, print));
    }
    await cure(sql, poison);
    await until('the operator’s retry is taken', async () => (await client.retry(poison.curable)).status === 200);
    calm.push(await rest(world, print));
    odd.push({ invariant: '· the system came to rest', verdict: 'lost', checked: calm.length, wrong: calm.filter((one) => !one).length });
    client.close();
    for (const line of await describeAttempts(sql)) print(`  ${line}`);

    const evidence: Evidence = { sql, commands: client.commands, poison, accepted: readAccepted(world) };
    const isSpent = chosen.some(({ spendsAttempts }) => spendsAttempts);
    const innocents = [await (isSpent ? attemptsAtProviders(world) : innocentAttempts(world, poison))];
    return [...(await check(evidence)), ...(await observe(world)), ...innocents, ...odd];
  } finally {
    await world.close();
  }
}

interface Strike {
  readonly world: World;
  readonly client: Client;
  readonly fault: Fault;
  readonly random: () => number;
  readonly print: (line: string) => void;
  readonly addPoison: Given['addPoison'];
  /** Commands while it strikes, and more if it takes longer. */
  readonly load: number;
}

async function strike({ world, client, fault, random, print, addPoison, load }: Strike): Promise<Finding> {
  const began = performance.now();
  let over = false;
  const told: string[] = [];
  const striking = fault.strike(world, { random, load, addPoison, tell: (words) => void told.push(words) }).then(
    (wrong) => wrong ?? [],
    (error: unknown) => [`${fault.name}: ${error instanceof Error ? error.message : 'failed'}`],
  );
  void striking.finally(() => {
    over = true;
  });
  await client.open(load);
  while (!over) {
    await client.open(1);
    await sleep(LULL_MS);
  }
  const wrong = await striking;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1).padStart(5);
  const news = [`${client.commands.length} commands so far`, ...told];
  print(`  ${fault.name.padEnd(34)} ${seconds} s  ${news.join(', ')}`);
  for (const line of wrong) print(`    ! ${line}`);
  return { invariant: `· ${fault.name} struck and was borne`, verdict: 'unexpected', checked: 1, wrong: wrong.length };
}

/** While Redis keeps its jobs, every delivery comes by its first publication. */
async function nothingRepublished({ sql }: World): Promise<Finding> {
  const [row] = await sql<{ wrong: number; checked: number }[]>`
    select (select count(*) from republication)::integer as wrong, (select count(*) from outbox_event)::integer as checked
  `;
  return { invariant: '· nothing is published again while Redis keeps its jobs', verdict: 'unexpected', checked: row?.checked ?? 0, wrong: row?.wrong ?? 0 };
}

/** Only what can never be consumed costs attempts: whatever a dependency does, a worker's log says so of nothing else. */
async function innocentAttempts({ logFile }: World, poison: Poison): Promise<Finding> {
  const poisonous = new Set(poison.ids);
  const failed = readFileSync(logFile, 'utf8').split('\n').filter((line) => line.includes('"msg":"delivery failed"'));
  const innocent = failed.filter((line) => !poisonous.has(/"eventId":"([^"]+)"/.exec(line)?.[1] ?? ''));
  return { invariant: '· no attempt is spent on innocents', verdict: 'unexpected', checked: failed.length, wrong: innocent.length };
}

/** Only an end that nobody knows costs a delivery to a provider an attempt: an answer never does, whatever it is. */
async function attemptsAtProviders({ sql, logFile }: World): Promise<Finding> {
  const [row] = await sql<{ unknown: number }[]>`
    select count(*)::integer as unknown from notification_attempt where outcome = 'unknown'
  `;
  const isSpent = (line: string) => line.includes('"msg":"delivery failed"') && line.includes('"consumer":"deliver-');
  const spent = readFileSync(logFile, 'utf8').split('\n').filter(isSpent).length;
  return {
    invariant: '· no attempt is spent on what concerns nobody', verdict: 'unexpected', checked: spent,
    wrong: Math.max(0, spent - (row?.unknown ?? 0)),
  };
}

/** Waits until nothing is pending, open, queued or being sent; says whether it came to that before it stood still. */
async function rest(world: World, print: (line: string) => void): Promise<boolean> {
  let last = '';
  for (let movedAt = performance.now(); performance.now() - movedAt < STANDSTILL_MS; await sleep(LULL_MS)) {
    const left = await unfinished(world);
    if (Object.values(left).every((count) => count === 0)) return true;
    if (JSON.stringify(left) !== last) movedAt = performance.now();
    last = JSON.stringify(left);
  }
  print(`  stands still with ${last}`);
  return false;
}

async function unfinished({ sql, redis }: World): Promise<Record<string, number>> {
  const [row] = await sql<Record<string, number>[]>`
    select (select count(*) from pending_event)::integer as pending,
           (select count(*) from waiting_delivery)::integer as waiting,
           (
             select count(*) from notification
             where status in ('sending', 'queued') and channel <> 'inbox' and due_at is null
           )::integer as unsent,
           (
             select count(*) from outbox_event event join subscription using (event_type)
             where not exists (select from consumed_event c where c.consumer_name = subscription.consumer_name and c.event_id = event.id)
               and not exists (
                 select from dead_letter d
                 where d.consumer_name = subscription.consumer_name and d.event_id = event.id and d.resolution is distinct from 'retried'
               )
           )::integer as open
  `;
  const consumers = await sql<{ name: string }[]>`select name from consumer`;
  const queues = consumers.flatMap(({ name }) => [
    redis.llen(`columna:${name}:wait`), redis.llen(`columna:${name}:active`), redis.zcard(`columna:${name}:delayed`),
  ]);
  return { ...row, jobs: (await Promise.all(queues)).reduce((sum, count) => sum + count, 0) };
}

const groups: Readonly<Record<string, readonly Fault[]>> = {
  all: [...faults, backlogOfOneTenant, ...dependencyFaults], dependencies: dependencyFaults, providers: providerFaults,
};

/** The faults of a list of names, of faults or of groups. @throws when a name is nobody's. */
export function chooseFaults(names: readonly string[]): readonly Fault[] {
  const known = Object.values(groups).flat();
  return names.flatMap((name) => {
    const group = groups[name] ?? known.filter((fault) => fault.name === name);
    if (group.length > 0) return group;
    const there = [...Object.keys(groups), ...known.map((fault) => fault.name)];
    throw new Error(`no fault is called ${name}; there are ${there.join(', ')}`);
  });
}
