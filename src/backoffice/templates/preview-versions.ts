import { unprocessable } from '../../api/http/problem.ts';
import { diffPreviews, type Preview, type PreviewData, type PreviewDiff, previews } from '../../notifications/templates/preview.ts';
import type { Channel, TemplateContract } from '../../notifications/templates/template-contract.ts';
import type { DocumentStore } from '../../documents/document-store.ts';

/** For whom: readers in a language, on one of the template's channels. */
interface Wanted {
  readonly name: string;
  readonly channel: Channel;
  readonly locale: string;
}

/** @throws {Problem} 422 */
export function assertChannel({ channels }: TemplateContract, channel: Channel): void {
  if (!channels.includes(channel)) throw unprocessable('/channel', 'is not a channel of this template');
}

/** What readers get of a published version, once for each of the data. @throws {Problem} 422 */
export async function previewVersion(
  documents: DocumentStore,
  { version, pointer = '/version', ...wanted }: Wanted & { readonly version: number; readonly pointer?: string },
  data: readonly PreviewData[],
): Promise<readonly Preview[]> {
  const found = await documents.template(wanted.name, version);
  if (found === undefined) throw unprocessable(pointer, 'was never published');
  return previews(found.parts, wanted, data);
}

/** What changes for readers from one version to another, over the same data. @throws {Problem} 422 */
export async function compareVersions(
  documents: DocumentStore,
  { from, to, ...wanted }: Wanted & { readonly from: number; readonly to: number },
  data: readonly PreviewData[],
): Promise<readonly PreviewDiff[]> {
  const before = await previewVersion(documents, { ...wanted, version: from, pointer: '/from' }, data);
  const after = await previewVersion(documents, { ...wanted, version: to, pointer: '/to' }, data);
  const diffs: PreviewDiff[] = [];
  for (const [index, one] of before.entries()) {
    const other = after[index];
    if (other !== undefined) diffs.push(await diffPreviews(one, other));
  }
  return diffs;
}
