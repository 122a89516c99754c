import { TemplateConflict } from '../../documents/document-store.ts';
import type { DocumentStore, TemplateVersion } from '../../documents/document-store.ts';
import { checkTemplate } from './check-template.ts';
import type { TemplateContract } from './template-contract.ts';
import { FIRST_OPERATOR_VERSION, hashOf } from './templates.ts';

const MOST_RACES = 10;

/**
 * Publishes an operator's version under the next number; the newest one's content again is that version, so that a
 * repetition makes no second one.
 * @throws {TemplateRefused} when the parts break the contract or the rules.
 */
export async function publishNextVersion(
  documents: DocumentStore,
  contract: TemplateContract,
  publication: Pick<TemplateVersion, 'parts' | 'publishedBy' | 'reason' | 'publishedAt'>,
): Promise<TemplateVersion> {
  const { name } = contract;
  checkTemplate(contract, publication.parts);
  const contentHash = hashOf(publication.parts);
  for (let races = 0; ; races += 1) {
    const summary = (await documents.listTemplates()).find((template) => template.name === name);
    const newest = summary?.versions.filter((version) => version >= FIRST_OPERATOR_VERSION).at(-1);
    const latest = newest === undefined ? undefined : await documents.template(name, newest);
    if (latest?.contentHash === contentHash) return latest;
    const version = newest === undefined ? FIRST_OPERATOR_VERSION : newest + 1;
    try {
      const published = { ...publication, name, version, contentHash };
      await documents.publishTemplate(published);
      return published;
    } catch (error) {
      // Another operator was faster, and took this number.
      if (!(error instanceof TemplateConflict) || races === MOST_RACES) throw error;
    }
  }
}
