// npm run contracts [-- --accept] [-- --collect URL]: the gate that keeps old events readable and old readers working.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contracts } from '../../src/events/index.ts';
import { collect } from './collect.ts';
import { eventsPage } from './events-page.ts';
import { checkContracts } from './gate.ts';
import { readRecords, writeRecord } from './versions.ts';

const folder = fileURLToPath(new URL('../../contracts', import.meta.url));
const page = fileURLToPath(new URL('../../docs/events.md', import.meta.url));
const { values } = parseArgs({ options: { accept: { type: 'boolean', default: false }, collect: { type: 'string' } } });

const { breaking, unrecorded, notes } = checkContracts(contracts, readRecords(folder));
for (const line of breaking) console.error(`breaks: ${line}`);
for (const line of notes) console.log(`compatible: ${line}`);
if (breaking.length > 0) {
  console.error('Raise the version and add an upcaster from the one before it; see CONTRIBUTING.md.');
  process.exit(1);
}
if (values.accept) for (const record of unrecorded) writeRecord(folder, record);
if (values.collect !== undefined) await collect(values.collect, folder);
if (values.accept) writeFileSync(page, eventsPage());
if (!values.accept && unrecorded.length > 0) {
  console.error(`${unrecorded.length} not on record: npm run contracts -- --accept`);
  process.exit(1);
}
console.log(`${contracts.length} event types, ${readRecords(folder).length} versions on record`);
