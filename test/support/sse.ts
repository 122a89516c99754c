import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** One event of a stream. */
export interface SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SseOptions {
  readonly url: string;
  readonly token: string;
  readonly lastEventId?: string | undefined;
}

/** Opens a stream of Server-Sent Events and collects what comes; it is closed when the calling test ends. */
export async function openSse({ url, token, lastEventId }: SseOptions) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const headers = { Authorization: `Bearer ${token}`, ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
  const answer = await fetch(url, { headers, signal: stop.signal });
  const stream = { answer, events: [] as SseEvent[], beats: 0, lastId: '', ended: Promise.resolve() };
  const receive = (block: string) => {
    if (block.startsWith(':')) stream.beats += 1;
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    stream.lastId = fields.get('id') ?? stream.lastId;
    const data = fields.get('data');
    if (data === undefined) return;
    stream.events.push({ id: stream.lastId, event: fields.get('event') ?? '', data: JSON.parse(data) as SseEvent['data'] });
  };
  const collect = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
      text = blocks.pop() ?? '';
      blocks.forEach(receive);
    }
  };
  if (answer.ok) {
    stream.ended = collect().catch(() => undefined);
    await until('the stream has begun', () => stream.lastId);
  }
  return Object.assign(stream, {
    /** The ids of the notifications that came, in their order. */
    ids: () => stream.events.filter(({ event }) => event === 'notification').map(({ data }) => String(data['id'])),
    close: () => (stop.abort(), stream.ended),
  });
}
