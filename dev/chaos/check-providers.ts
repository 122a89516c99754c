import type { Sql } from '../../src/platform/postgres.ts';
import { templateContracts } from '../../templates/index.ts';
import type { Accepted } from './accepted.ts';
import type { Finding } from './check.ts';

/** A notification that leaves our database, and what is on record of its way. */
interface Row {
  readonly id: string;
  readonly channel: string;
  readonly template: string;
  readonly status: string;
  readonly attempts: number;
  /** Queued until a time that it was given. */
  readonly waits: boolean;
  /** When each attempt was put on record, in milliseconds since 1970. */
  readonly begun: readonly number[];
  readonly sent: number;
  readonly refused: number;
  readonly unknown: number;
  /** Attempts of which anything is on record. */
  readonly tried: number;
  /** Those without an end on record, not even that it is unknown. */
  readonly unended: number;
  /** Statuses that the provider reported. */
  readonly reported: readonly string[];
}

/** Never back: what is reported moves a notification to the right only. */
const LATTICE = ['queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read'];
const CLOCK_MS = 1; // the log's times are cut off to it
const held = new Set(templateContracts.filter(({ onUnknown }) => onUnknown === 'hold').map(({ name }) => name));
const count = <T>(list: readonly T[], wrong: (one: T) => boolean) =>
  ({ checked: list.length, wrong: list.filter(wrong).length });
/** Attempts that did not live to write their end, and whose provider reported it. */
const reportedEnds = ({ unended, reported }: Row) => (reported.length > 0 ? unended : 0);
const wasSent = ({ status }: Row) => ['sent', 'delivered', 'read'].includes(status);

/** Invariant 9: the providers' logs agree with ours; what was taken again had an end that nobody knew. */
export async function checkProviders(
  { sql, accepted }: { readonly sql: Sql; readonly accepted: readonly Accepted[] },
): Promise<Finding[]> {
  const rows = await readNotifications(sql);
  const byId = new Map(rows.map((row) => [row.id, row]));
  // A push goes to each device of its user: what is taken once is taken once by each address.
  const copies = Map.groupBy(accepted, ({ notificationId, address }) => `${notificationId} ${address}`);
  const messages = [...copies.values()].flatMap((list) =>
    list.map(({ notificationId, atMs }, before) => ({ row: byId.get(notificationId), atMs, before })),
  );
  const known = messages.flatMap(({ row, ...copy }): Message[] => (row === undefined ? [] : [{ row, ...copy }]));
  return [
    ...checkNotifications(rows, new Set(accepted.map(({ notificationId }) => notificationId))),
    ...checkMessages(known),
    {
      invariant: '9 every message accepted is a notification', verdict: 'stray',
      ...count(messages, ({ row }) => row === undefined),
    },
  ];
}

function checkNotifications(rows: readonly Row[], taken: ReadonlySet<string>): Finding[] {
  const failed = rows.filter(({ status }) => status === 'failed');
  const whatsApp = rows.filter(({ channel }) => channel === 'whatsapp');
  return [
    {
      invariant: '9 every message on record as sent was accepted', verdict: 'lost',
      ...count(rows, (row) => (wasSent(row) || row.sent > 0) && !taken.has(row.id)),
    },
    {
      invariant: '9 every message was sent, refused, or waits for its time', verdict: 'lost',
      ...count(rows, (row) => !isSettled(row)),
    },
    {
      invariant: '9 what failed was refused, and not sent', verdict: 'lost',
      ...count(failed, (row) => !isRefused(row)),
    },
    {
      invariant: '9 every attempt is counted and came to its end', verdict: 'unexpected',
      checked: rows.reduce((sum, { tried }) => sum + tried, 0),
      wrong: rows.reduce((sum, row) => sum + wrongAttempts(row), 0),
    },
    {
      invariant: '9 a status follows what was reported, and never back', verdict: 'unexpected',
      ...count(whatsApp, (row) => !followsReports(row)),
    },
  ];
}

function checkMessages(messages: readonly Message[]): Finding[] {
  const again = messages.filter(({ before }) => before > 0);
  return [
    {
      invariant: '9 a message accepted again is explained', verdict: 'duplicated',
      ...count(again, ({ row, before }) => before > row.unknown),
    },
    {
      invariant: '9 no call without its attempt on record before it', verdict: 'stray',
      ...count(messages, isUnannounced),
    },
    {
      invariant: '9 no message beyond the attempts sent or unknown', verdict: 'stray',
      ...count(messages, ({ row, before }) => before >= row.sent + row.unknown + reportedEnds(row)),
    },
  ];
}

interface Message {
  readonly row: Row;
  readonly atMs: number;
  /** Times that its address had taken it before. */
  readonly before: number;
}

function isSettled(row: Row): boolean {
  if (row.status === 'queued') return row.waits;
  // Nobody knows of one attempt, and another was refused: it may have been delivered, and it may not.
  if (row.status === 'unknown') return row.unknown > 0 && (held.has(row.template) || row.refused > 0);
  return wasSent(row) || row.status === 'failed';
}

/** By an attempt, or by what the provider reported later. */
function isRefused({ sent, refused, reported }: Row): boolean {
  return reported.includes('failed') || (refused > 0 && sent === 0);
}

/** Each call has an attempt of its own, which was on record when the message was taken. */
function isUnannounced({ row: { begun }, atMs, before }: Message): boolean {
  return begun.filter((begunMs) => begunMs <= atMs + CLOCK_MS).length <= before;
}

function wrongAttempts(row: Row): number {
  const { attempts, tried, unended, begun: { length: begun } } = row;
  return unended - reportedEnds(row) + Math.abs(begun - attempts) + tried - begun;
}

function followsReports({ status, reported }: Row): boolean {
  const highest = Math.max(-1, ...reported.map((one) => LATTICE.indexOf(one)));
  return LATTICE.indexOf(status) >= highest && (!['delivered', 'read'].includes(status) || reported.includes(status));
}

/** What became of the attempts of each channel, in words. */
export async function describeAttempts(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ line: string }[]>`
    select rpad(channel, 8) || ' attempts: ' || string_agg(n || ' ' || outcome, ', ' order by n desc, outcome) as line
    from (
      select channel, outcome, count(*) as n
      from notification_attempt join notification on id = notification_id
      where outcome <> 'sending' group by 1, 2
    ) as ends
    group by channel order by channel
  `;
  return rows.map(({ line }) => line);
}

function readNotifications(sql: Sql): Promise<Row[]> {
  return sql<Row[]>`
    with step as (
      select notification_id as id,
             jsonb_agg(extract(epoch from at) * 1000) filter (where outcome = 'sending') as begun,
             count(*) filter (where outcome = 'sent') as sent,
             count(*) filter (where outcome = 'rejected') as refused,
             count(*) filter (where outcome = 'unknown') as unknown,
             count(distinct attempt) as tried,
             count(distinct attempt) - count(distinct attempt) filter (where outcome <> 'sending') as unended
      from notification_attempt group by 1
    ), receipt as (
      select notification_id as id, jsonb_agg(status) as reported from notification_receipt group by 1
    )
    select id, channel, template, status, attempts, due_at is not null as waits,
           coalesce(begun, '[]') as begun, coalesce(sent, 0)::integer as sent, coalesce(refused, 0)::integer as refused,
           coalesce(unknown, 0)::integer as unknown, coalesce(tried, 0)::integer as tried,
           coalesce(unended, 0)::integer as unended,
           coalesce(reported, '[]') as reported
    from notification left join step using (id) left join receipt using (id)
    where channel <> 'inbox'
  `;
}
