import { TemplateConflict } from '../store/documents.ts';
import type { DocumentStore, TemplateVersion } from '../store/documents.ts';
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
): Promise<Pick<TemplateVersion, 'version' | 'contentHash'>> {
  const { name } = contract;
  checkTemplate(contract, publication.parts);
  const contentHash = hashOf(publication.parts);
  for (let races = 0; ; races += 1) {
    const summary = (await documents.listTemplates()).find((template) => template.name === name);
    const newest = summary?.versions.filter((version) => version >= FIRST_OPERATOR_VERSION).at(-1);
    if (newest !== undefined && (await documents.template(name, newest))?.contentHash === contentHash) {
      return { version: newest, contentHash };
    }
    const version = newest === undefined ? FIRST_OPERATOR_VERSION : newest + 1;
    try {
      await documents.publishTemplate({ ...publication, name, version, contentHash });
      return { version, contentHash };
    } catch (error) {
      // Another operator was faster, and took this number.
      if (!(error instanceof TemplateConflict) || races === MOST_RACES) throw error;
    }
  }
}
