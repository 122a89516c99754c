import { unprocessable } from '../api/problem.ts';
import { type DocumentStore, UnknownTemplate } from '../store/documents.ts';
import type { Recording } from './recording.ts';

interface Move {
  readonly name: string;
  readonly version: number;
  readonly reason: string;
}

/** Lets new notifications use another version, newer or older; the version before comes back. @throws {Problem} 422 */
export async function moveTemplatePointer(
  { operatorUserId, now, record }: Recording,
  documents: DocumentStore,
  { name, version, reason }: Move,
): Promise<number | null> {
  const before = (await documents.currentVersion(name)) ?? null;
  await record('move-template-pointer', { template: name, version, reason }, { before });
  if (before !== version) await documents.setCurrent(name, { version, by: operatorUserId, reason, at: now }).catch(refuseUnknown);
  return before;
}

function refuseUnknown(error: unknown): never {
  throw error instanceof UnknownTemplate ? unprocessable('/version', 'was never published') : error;
}
