import { Gauge, type Registry } from 'prom-client';
import { every } from '../../platform/every.ts';
import type { InboxHint } from '../../notifications/inbox/inbox-hint.ts';
import type { Logger } from '../../platform/log.ts';
import type { Sql } from '../../platform/postgres.ts';
import { usersWithNews } from '../../notifications/inbox/inbox.ts';
import { idAt, LOOK_BACK_MS, type Position } from './inbox-position.ts';
import { openInboxReader } from './inbox-reader.ts';
import { type InboxStream, makeInboxStream, type StreamOptions } from './inbox-stream.ts';
import { Problem, unavailable } from '../http/problem.ts';

/** Streams read from the database at once; the requests need connections too. */
const READERS = 4;
const RETRY_AFTER_SECONDS = '15';
const STOPPING = 'this server is stopping';

export interface InboxStreamsOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly registry: Registry;
  /** Between two signs of life, and two looks at the database that need no hint. */
  readonly everyMs?: number;
  readonly perUser?: number;
  readonly perProcess?: number;
}

/** Who wants a stream, from where on (undefined: from now), and how long it may last. */
export interface StreamRequest extends Pick<StreamOptions, 'expiresAt' | 'abort'> {
  readonly userId: string;
  readonly position: Position | undefined;
}

/** Every stream of inboxes that this process serves. */
export interface InboxStreams {
  /** @throws {Problem} 429 when the user has too many, 503 when this process has, or is stopping. */
  open(request: StreamRequest): Promise<ReadableStream<Uint8Array>>;
  /** These users' inboxes may have changed. */
  wake: InboxHint;
  /** Ends every stream and takes no other. */
  close(): void;
}

/** Makes the streams' keeper; it starts nothing until a stream is open. */
export function openInboxStreams(options: InboxStreamsOptions): InboxStreams {
  const { sql, log, registry, everyMs = 15_000, perUser = 5, perProcess = 5_000 } = options;
  const streams = new Map<string, Set<InboxStream>>();
  const queue = queueReads(log);
  const beat = startable((stop) => {
    let lookedMs = Date.now();
    void every({ log, stop, what: 'inbox streams', everyMs }, async () => {
      const beganMs = Date.now();
      for (const stream of all()) stream.beat();
      for (const stream of all()) if (stream.owes()) queue.add(stream);
      const sinceMs = lookedMs - LOOK_BACK_MS;
      wake(await usersWithNews(sql, { userIds: [...streams.keys()], after: idAt(sinceMs), since: new Date(sinceMs) }));
      lookedMs = beganMs;
    });
  });
  const places = countPlaces({ perUser, perProcess, onFirst: beat.start, onLast: beat.stop });
  new Gauge({
    name: 'inbox_streams', help: 'Open streams of inboxes', registers: [registry],
    collect() {
      this.set(places.taken());
    },
  });

  const all = () => [...streams.values()].flatMap((own) => [...own]);
  const wake: InboxHint = (userIds) => {
    for (const userId of userIds) streams.get(userId)?.forEach(queue.add);
  };

  function remove(userId: string, stream: InboxStream): void {
    const own = streams.get(userId);
    own?.delete(stream);
    if (own?.size === 0) streams.delete(userId);
    queue.remove(stream);
  }

  return Object.freeze({
    async open({ userId, position, expiresAt, abort }: StreamRequest) {
      const leave = places.take(userId);
      const reader = await openInboxReader(sql, userId, position).catch((error: unknown) => {
        leave();
        throw error;
      });
      const stream = makeInboxStream({
        reader, expiresAt, abort,
        onRoom: () => queue.add(stream),
        onEnd: () => (remove(userId, stream), leave()),
      });
      streams.set(userId, (streams.get(userId) ?? new Set()).add(stream));
      if (places.isClosed()) stream.end(STOPPING);
      else queue.add(stream);
      return stream.body;
    },
    wake,
    close() {
      places.close();
      for (const stream of all()) stream.end(STOPPING);
    },
  });
}

/** Lets a few streams read at once. One that is added again before its turn reads once. */
function queueReads(log: Logger) {
  const waiting = new Set<InboxStream>();
  let readers = 0;
  async function read(): Promise<void> {
    readers += 1;
    for (const stream of waiting) {
      waiting.delete(stream);
      await stream.catchUp().catch((error: unknown) => log.debug({ error }, 'an inbox could not be read'));
    }
    readers -= 1;
  }
  return {
    add(this: void, stream: InboxStream): void {
      waiting.add(stream);
      if (readers < READERS) void read();
    },
    remove: (stream: InboxStream) => waiting.delete(stream),
  };
}

/** Something that runs between the first and the last stream. */
function startable(run: (stop: AbortSignal) => void) {
  let running = new AbortController();
  return {
    start() {
      running = new AbortController();
      run(running.signal);
    },
    stop: () => running.abort(),
  };
}

interface PlacesOptions {
  readonly perUser: number;
  readonly perProcess: number;
  readonly onFirst: () => void;
  readonly onLast: () => void;
}

/** Counts streams, those included that are about to open. */
function countPlaces({ perUser, perProcess, onFirst, onLast }: PlacesOptions) {
  const byUser = new Map<string, number>();
  let [taken, closed] = [0, false];
  const add = (userId: string, difference: 1 | -1) => {
    const own = (byUser.get(userId) ?? 0) + difference;
    if (own === 0) byUser.delete(userId);
    else byUser.set(userId, own);
    taken += difference;
  };
  return {
    taken: () => taken,
    isClosed: () => closed,
    close: () => void (closed = true),
    take(userId: string): () => void {
      if (closed || taken >= perProcess) throw unavailable('No further stream can be opened here.');
      if ((byUser.get(userId) ?? 0) >= perUser) {
        const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
        throw new Problem(429, `A user has at most ${perUser} streams.`, { headers, code: 'too-many-streams' });
      }
      add(userId, 1);
      if (taken === 1) onFirst();
      return () => {
        add(userId, -1);
        if (taken === 0) onLast();
      };
    },
  };
}
