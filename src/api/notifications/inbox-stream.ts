import type { InboxReader } from './inbox-reader.ts';

const BUFFER_BYTES = 64 * 1_024;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const PATIENCE_BEATS = 2;

/** One client's stream of Server-Sent Events. */
export interface InboxStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Whether there may be something that was not sent. */
  owes(): boolean;
  /** Sends what is new, as far as the client takes it. @throws when the database is away; then it owes. */
  catchUp(): Promise<void>;
  /** A sign of life. Gives up a client that takes nothing. */
  beat(): void;
  /** Says why, and ends. */
  end(reason: string): void;
}

export interface StreamOptions {
  readonly reader: InboxReader;
  /** When the client's token expires. */
  readonly expiresAt: Date;
  /** There is room again, and something is owed. */
  readonly onRoom: () => void;
  readonly onEnd: () => void;
  /** Cuts the connection of a client that takes nothing any more. */
  readonly abort: () => void;
}

/** Makes a stream; it has begun and sends nothing until it catches up. */
export function makeInboxStream({ reader, expiresAt, onRoom, onEnd, abort }: StreamOptions): InboxStream {
  const pipe = openPipe({ onRoom, onEnd });
  let [reading, again, owed, fullBeats] = [false, false, true, 0];
  const lastsMs = Math.min(expiresAt.getTime() - Date.now(), LONGEST_TIMER_MS);
  setTimeout(() => end('the token has expired'), lastsMs).unref();
  // All of them at once would come back after a restart.
  pipe.write(`retry: ${1_000 + Math.floor(Math.random() * 4_000)}\nid: ${reader.at()}\n\n`);

  const tell = (id: string, event: string, data: unknown) =>
    pipe.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

  function end(reason: string): void {
    tell(reader.at(), 'bye', { reason });
    pipe.close();
  }

  async function readOn(): Promise<void> {
    for (let done = false; !done; ) {
      if (!pipe.hasRoom()) return;
      const next = await reader.read();
      for (const { id, event, data } of next.events) tell(id, event, data);
      done = next.done;
    }
    owed = false;
  }

  return Object.freeze({
    body: pipe.body,
    owes: () => owed,
    async catchUp() {
      again = true;
      if (reading) return;
      reading = true;
      try {
        while (again && pipe.isOpen()) {
          [again, owed] = [false, true];
          await readOn();
        }
      } finally {
        reading = false;
      }
    },
    beat() {
      fullBeats = pipe.hasRoom() ? 0 : fullBeats + 1;
      if (fullBeats === 0) pipe.write(':\n\n');
      if (fullBeats <= PATIENCE_BEATS) return;
      end('the client is too slow');
      abort();
    },
    end,
  });
}

/** A body with a bounded buffer, whose writer asks before it writes. */
function openPipe({ onRoom, onEnd }: Pick<StreamOptions, 'onRoom' | 'onEnd'>) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let blocked = false;
  const ended = () => {
    if (controller !== undefined) onEnd();
    controller = undefined;
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (opened) => void (controller = opened),
      pull: () => {
        if (blocked) onRoom();
        blocked = false;
      },
      cancel: ended,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
  );
  return {
    body,
    isOpen: () => controller !== undefined,
    /** Once it was false, `onRoom` is called when it is true. */
    hasRoom: () => !(blocked = (controller?.desiredSize ?? 0) <= 0),
    write: (text: string) => controller?.enqueue(Buffer.from(text)),
    close: () => {
      controller?.close();
      ended();
    },
  };
}
