import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AnyContract, StoredEvent } from '../../src/events/contract/event.ts';
import type { Schema } from './compatibility.ts';

/** What is on record of one version of one event type: `contracts/<type>.v<version>.json`. */
export interface VersionRecord {
  readonly type: string;
  readonly version: number;
  readonly schema: Schema;
  /** Events of this version as they stood in an outbox: every later reader has to read them. */
  readonly corpus: readonly RecordedEvent[];
}

export type RecordedEvent = Omit<StoredEvent, 'occurredAt'> & { readonly occurredAt: string };

/** Reads every record in a folder. */
export function readRecords(folder: string): VersionRecord[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort();
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as VersionRecord);
}

/** Writes one record down. */
export function writeRecord(folder: string, record: VersionRecord): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${record.type}.v${record.version}.json`), `${JSON.stringify(record, null, 2)}\n`);
}

/** A contract's payload as JSON Schema. */
export function schemaOf(contract: AnyContract): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(contract.schema) as Schema;
  return schema;
}

/** An event on record, as a consumer's contract reads it. */
export const toStored = (event: RecordedEvent): StoredEvent => ({ ...event, occurredAt: new Date(event.occurredAt) });
