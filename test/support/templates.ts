import { createApp } from '../../src/api/app.ts';
import { publishTemplates, readVersions } from '../../src/notifications/templates/templates.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { documentsInPostgres } from '../../src/documents/postgres-store.ts';
import type { DocumentStore } from '../../src/documents/document-store.ts';
import { templateContracts } from '../../templates/index.ts';
import { appDeps, signIn } from './app.ts';
import { createDatabase } from './database.ts';

/** The template that tests change, and its path for operators. */
export const NAME = 'ticket-created';
export const PATH = `/backoffice/templates/${NAME}`;
export type Parts = Record<string, Record<string, unknown>>;

/** The parts of the repository's first version, with some in their place. */
export async function partsWith(changes: Parts = {}): Promise<Parts> {
  const [first] = await readVersions(new URL(`../../templates/${NAME}/`, import.meta.url));
  const parts: Parts = {};
  for (const { locale, part, source } of first?.parts ?? []) (parts[locale] ??= {})[part] = source;
  for (const [locale, changed] of Object.entries(changes)) parts[locale] = { ...parts[locale], ...changed };
  return parts;
}

/** An app after a release, and an operator who may write. */
export async function openTemplates(store: (sql: Sql) => DocumentStore = documentsInPostgres) {
  const { sql } = await createDatabase();
  const documents = store(sql);
  const release = () => publishTemplates(documents, { contracts: templateContracts, by: 'release', reason: 'release' });
  await release();
  const app = createApp(appDeps(sql, { documents }));
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  const publish = async (changes: Parts, key?: string) =>
    operator.post(`${PATH}/versions`, { parts: await partsWith(changes), reason: 'clearer' }, key);
  return { sql, documents, release, app, operator, reader, publish };
}
