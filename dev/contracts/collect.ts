import { openPostgres } from '../../src/platform/postgres.ts';
import { readEvents } from '../../src/outbox/read-events.ts';
import { readRecords, type RecordedEvent, writeRecord } from './versions.ts';

const PER_VERSION = 2;

/** Adds real events of a database to the versions whose corpus is still empty. Only of a story: they may hold names. */
export async function collect(databaseUrl: string, folder: string): Promise<void> {
  const sql = openPostgres({ url: databaseUrl, name: 'contracts', connections: 1 });
  for (const record of readRecords(folder).filter(({ corpus }) => corpus.length === 0)) {
    const rows = await sql<{ id: string }[]>`
      select id from outbox_event
      where event_type = ${record.type} and schema_version = ${record.version} and status = 'published'
      order by id limit ${PER_VERSION}
    `;
    const events = [...(await readEvents(sql, rows.map(({ id }) => id))).values()];
    writeRecord(folder, { ...record, corpus: events.map(toRecorded) });
  }
  await sql.end();
}

function toRecorded({ createdAt: _, publishedAt: __, read: ___, occurredAt, ...event }: Awaited<ReturnType<typeof readEvents>> extends Map<string, infer E> ? E : never): RecordedEvent {
  return { ...event, occurredAt: occurredAt.toISOString() };
}
