import { defineJob } from '../kernel/jobs/job.ts';
import type { DocumentStore } from '../documents/document-store.ts';
import { forgetRows, forgottenTables, HISTORY_DAYS } from '../store/operations/history.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 10_000;
const DAY_MS = 86_400_000;

interface Ports {
  readonly documents: Pick<DocumentStore, 'forgetWebhooks'>;
}

/** Deletes what is too old for anybody to ask about; `docs/schema.md` says how long each table is kept. */
export const forgetHistory = defineJob<Ports>({
  name: 'forget-history', // lives in the ledger: never rename
  schedule: { cron: '15 4 * * *', timeZone: 'America/Mexico_City' },

  async run({ chunk, scheduledFor: now, ports: { documents }, log }) {
    const forgotten: Record<string, number> = {};
    for (const history of forgottenTables) {
      await inParts(chunk, { name: history.table, atOnce: AT_ONCE }, async ({ tx }) => {
        const count = await forgetRows(tx, history, { now, limit: AT_ONCE });
        forgotten[history.table] = (forgotten[history.table] ?? 0) + count;
        return count;
      });
    }
    const webhooks = await documents.forgetWebhooks(new Date(now.getTime() - HISTORY_DAYS * DAY_MS));
    log.info({ ...forgotten, webhooks }, 'history forgotten');
  },
});
