import type { Sql } from '../../src/platform/postgres.ts';
import type { Mailbox } from '../sandbox/mailbox.ts';
import { until } from '../until.ts';
import { hopsOf } from './hops.ts';
import type { Hop, Watched } from './hops.ts';
import type { IssueToken, Person } from './people.ts';
import type { Phones } from './phones.ts';

const HOP_DEADLINE_MS = 30_000;

/** Where the story is told. */
export interface Stage {
  /** Where the API answers. */
  readonly apiUrl: string;
  readonly sql: Sql;
  readonly mailbox: Mailbox;
  readonly phones: Phones;
  readonly issueToken: IssueToken;
  /** Everybody whom a notification may be for. */
  readonly people: readonly Person[];
  readonly print: (line: string) => void;
}

/** One thing that somebody does, and what is known of it once it is done. */
export interface Act {
  readonly title: string;
  /** Does it. Returns the trace in which it happened. */
  run(): Promise<{ readonly answered: string; readonly traceId: string }>;
}

/** Does something and follows it until everything that it sets off has happened; fails with the hop that did not. */
export async function follow(stage: Stage, { title, run }: Act): Promise<void> {
  stage.print(`\n${title}`);
  const startedAt = Date.now();
  const print = ({ what, at }: Hop) => {
    const elapsed = `+${Number(at) - startedAt} ms`;
    stage.print(`${elapsed.padStart(12)}  ${what}`);
  };
  const { answered: what, traceId } = await run();
  await followHops(watch(stage, traceId), { answered: { key: 'answer', what, at: new Date() }, print });
}

interface Following {
  readonly answered: Hop;
  readonly print: (hop: Hop) => void;
}

async function followHops(watched: Watched, { answered, print }: Following): Promise<void> {
  const printed = new Set<string>();
  let missing = 'the event in the outbox';
  const isComplete = async () => {
    const hops = await hopsOf(watched);
    const news = [answered, ...hops].filter(({ key, at }) => at !== undefined && !printed.has(key));
    for (const hop of news.sort((one, other) => Number(one.at) - Number(other.at))) {
      printed.add(hop.key);
      print(hop);
    }
    missing = hops.find(({ at }) => at === undefined)?.what ?? missing;
    return hops.length > 0 && hops.every(({ at }) => at !== undefined);
  };
  await until(() => missing, isComplete, { deadlineMs: HOP_DEADLINE_MS });
}

function watch({ apiUrl, sql, mailbox, phones, issueToken, people }: Stage, traceId: string): Watched {
  const shown = new Map<string, Date>();
  const personOf = (userId: string) => {
    const person = people.find((candidate) => candidate.userId === userId);
    if (!person) throw new Error('a notification for a user who is not in the story');
    return person;
  };
  return {
    traceId,
    sql,
    personOf,
    async accepted() {
      const taken = [...mailbox.messages, ...(await phones.pushes()), ...(await phones.messages())];
      return new Map(taken.map(({ notificationId = '', at }) => [notificationId, new Date(at)]));
    },
    async inboxShownAt(userId, notificationId) {
      if (shown.has(notificationId)) return shown.get(notificationId);
      const token = await issueToken(personOf(userId), { roles: ['user'] });
      const response = await fetch(`${apiUrl}/notifications/me`, { headers: { authorization: `Bearer ${token}` } });
      const { notifications } = (await response.json()) as { notifications: readonly { readonly id: string }[] };
      for (const { id } of notifications) if (!shown.has(id)) shown.set(id, new Date());
      return shown.get(notificationId);
    },
  };
}
