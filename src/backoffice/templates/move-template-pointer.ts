import { outdated, Problem, unprocessable } from '../../api/http/problem.ts';
import { type DocumentStore, PointerMoved, UnknownTemplate } from '../../documents/document-store.ts';
import type { Recording } from '../kit/recording.ts';

interface Move {
  readonly name: string;
  readonly version: number;
  /** The version that the operator saw in use, null for none; the one in use now when absent. */
  readonly from?: number | null | undefined;
  readonly reason: string;
}

/**
 * Lets new notifications use another version, newer or older. Returns the version before.
 * @throws {Problem} 409 when the pointer was moved meanwhile or is there already, 422 for an unknown version
 */
export async function moveTemplatePointer(
  { operatorUserId, now, record }: Recording,
  documents: DocumentStore,
  { name, version, from, reason }: Move,
): Promise<number | null> {
  const before = (await documents.currentVersion(name)) ?? null;
  if (from !== undefined && from !== before) throw moved();
  if (before === version) throw new Problem(409, 'Nothing was changed: this version is in use already.');
  await record('move-template-pointer', { template: name, version, reason }, { before });
  await documents.setCurrent(name, { version, by: operatorUserId, reason, at: now }, before).catch(refuse);
  return before;
}

const moved = () => outdated('Nothing was changed: the template’s version was changed meanwhile. Look again.');

function refuse(error: unknown): never {
  if (error instanceof PointerMoved) throw moved();
  throw error instanceof UnknownTemplate ? unprocessable('/version', 'was never published') : error;
}
