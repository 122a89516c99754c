import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '../../../src/platform/postgres.ts';
import { seeded } from '../../random.ts';
import { type Command, type History, randomHistory, type Step } from './commands.ts';
import { balancesOf, emptyModel, type Model, play } from './model.ts';
import { listWrongStandings } from './observe.ts';
import { openPlayer, type Player } from './player.ts';

/** Histories that are played at once: each has its own year of series, so that none waits for another's numbers. */
const LANES = 4;
const FIRST_YEAR = 2026;

export interface Playing {
  readonly histories: number;
  readonly seed: number;
  readonly onHistory?: (count: number) => void;
}

/** A history whose balances differ from the model's. Its seed plays it again. */
export interface Difference {
  readonly seed: number;
  readonly step: number;
  readonly commands: Step;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Plays random histories, each on a tenant of its own, and compares every balance with the model's after each step. */
export async function playHistories(sql: Sql, { histories, seed, onHistory }: Playing): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  let [next, played] = [0, 0];
  const lane = async (nth: number) => {
    while (next < histories) {
      const one = seed + next;
      next += 1;
      const difference = await playHistory(sql, { history: randomHistory(seeded(one)), seed: one, lane: nth });
      if (difference !== undefined) differences.push(difference);
      onHistory?.((played += 1));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, nth) => lane(nth)));
  return differences;
}

interface Played {
  readonly history: History;
  readonly seed: number;
  readonly lane: number;
}

async function playHistory(sql: Sql, { history, seed, lane }: Played): Promise<Difference | undefined> {
  const player = await openPlayer(sql, history, new Date(Date.UTC(FIRST_YEAR + lane, 6, 1, 12)));
  let models: readonly Model[] = [emptyModel(history)];
  for (const [step, commands] of history.steps.entries()) {
    const balances = await run(player, commands);
    const possible = models.flatMap((model) => ordersOf(commands).map((order) => order.reduce(play, model)));
    models = distinct(possible.filter((model) => isDeepStrictEqual(balancesOf(model), balances)));
    if (models.length === 0) return { seed, step, commands, expected: possible.map(balancesOf), found: balances };
  }
  const { received } = await player.observe();
  const wrong = await listWrongStandings(sql, player.tenantId, received);
  return wrong.length === 0 ? undefined : { seed, step: history.steps.length, commands: [], expected: [], found: wrong };
}

async function run(player: Player, commands: Step): Promise<unknown> {
  try {
    await player.run(commands);
  } catch (error) {
    return String(error);
  }
  return player.observe();
}

/** The orders in which commands that run at once may come. */
function ordersOf(commands: Step): readonly Command[][] {
  const [first, second] = commands;
  return first === undefined || second === undefined ? [[...commands]] : [[first, second], [second, first]];
}

const distinct = (models: readonly Model[]) =>
  models.filter((model, at) => models.findIndex((other) => isDeepStrictEqual(other, model)) === at);

/** Returns the series whose numbers have a gap. */
export async function listGaps(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ series: string }[]>`
    select series
    from invoice_series
    full join (select series, count(*) as numbers, max(place) as last from invoice group by series) kept using (series)
    where (numbers, last) is distinct from (last_number, last_number)
  `;
  return rows.map(({ series }) => series);
}
