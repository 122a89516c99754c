import type { Sql } from '../../platform/postgres.ts';
import { listInboxAfter, listReadMarks, readInboxEnd, type ReadMark } from '../../notifications/inbox/inbox.ts';
import { advance, MOST_KNOWN, type Position, positionAfter, writePosition } from './inbox-position.ts';

const BATCH = 50;
/** Notifications, and read ones, that a reader who was away is told one by one. */
const MOST_MISSED = 500;
/** A read mark's time is its transaction's begin, and it commits within ten seconds. */
const READ_LOOK_BACK_MS = 15_000;

/** What a reader is told, and the position after it. */
export interface InboxEvent {
  readonly id: string;
  readonly event: 'notification' | 'read' | 'gap';
  readonly data: unknown;
}

/** Reads one user's inbox as it changes. It is complete because it asks the database, whoever says when. */
export interface InboxReader {
  /** The position, in writing. */
  at(): string;
  /** What comes next, up to a batch; `done` when there is nothing after it yet. */
  read(): Promise<{ readonly events: readonly InboxEvent[]; readonly done: boolean }>;
}

/** Goes on from a position; without one it begins with what is still to come. */
export async function openInboxReader(sql: Sql, userId: string, from: Position | undefined): Promise<InboxReader> {
  const state: State = { sql, userId, position: from ?? (await endOf(sql, userId)), told: new Set(), missed: 0 };
  if (from === undefined) await freshMarks(state);
  return Object.freeze({
    at: () => writePosition(state.position),
    async read() {
      const { events, done } = await readNotifications(state);
      if (!done) return { events: state.missed < MOST_MISSED ? events : [...events, await skip(state)], done };
      const marks = await readMarks(state);
      state.missed = 0;
      return { events: [...events, ...marks], done };
    },
  });
}

interface State {
  readonly sql: Sql;
  readonly userId: string;
  position: Position;
  /** The read marks that were told, of those that the next look finds again. */
  told: ReadonlySet<string>;
  /** Notifications told since the reader was last up to date. */
  missed: number;
}

async function endOf(sql: Sql, userId: string): Promise<Position> {
  const { ids, lastReadAt } = await readInboxEnd(sql, userId, MOST_KNOWN);
  return positionAfter(ids, lastReadAt?.getTime() ?? 0);
}

const tell = ({ position }: State, event: InboxEvent['event'], data: unknown): InboxEvent =>
  ({ id: writePosition(position), event, data });

async function readNotifications(state: State) {
  const { sql, userId, position } = state;
  const limit = position.known.length + BATCH;
  const found = await listInboxAfter(sql, { userId, after: position.floor, limit });
  const known = new Set(position.known);
  const events = found.filter(({ id }) => !known.has(id)).map((row) => {
    state.position = advance(state.position, [row.id]);
    return tell(state, 'notification', row);
  });
  state.missed += events.length;
  return { events, done: found.length < limit };
}

async function readMarks(state: State): Promise<readonly InboxEvent[]> {
  const marks = await freshMarks(state);
  const ids = marks.flatMap((mark) => mark.ids ?? []);
  if (ids.length > MOST_MISSED) return [await skip(state)];
  const upTo = marks.filter((mark) => mark.ids === null).map((mark) => mark.upTo).sort().at(-1);
  return [
    ...(ids.length > 0 ? [tell(state, 'read', { ids })] : []),
    ...(upTo === undefined ? [] : [tell(state, 'read', { upTo })]),
  ];
}

async function skip(state: State): Promise<InboxEvent> {
  state.position = await endOf(state.sql, state.userId);
  return tell(state, 'gap', { detail: 'There is more than a stream brings: read GET /notifications/me.' });
}

const keyOf = ({ readAt, count, upTo }: ReadMark) => `${readAt.getTime()} ${count} ${upTo}`;

/** The read marks that were not told yet. */
async function freshMarks(state: State): Promise<readonly ReadMark[]> {
  const fresh: ReadMark[] = [];
  for (;;) {
    const limit = state.told.size + BATCH;
    const since = new Date(state.position.readAtMs - READ_LOOK_BACK_MS);
    const found = await listReadMarks(state.sql, { userId: state.userId, since, limit });
    fresh.push(...found.filter((mark) => !state.told.has(keyOf(mark))));
    state.told = new Set(found.map(keyOf));
    state.position = { ...state.position, readAtMs: found.at(-1)?.readAt.getTime() ?? state.position.readAtMs };
    if (found.length < limit) return fresh;
  }
}
