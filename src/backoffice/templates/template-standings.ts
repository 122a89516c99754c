import { templateContracts } from '../../../templates/index.ts';
import { notFound } from '../../api/http/problem.ts';
import type { DocumentStore, PointerMove, TemplateVersion } from '../../documents/document-store.ts';

const NEWEST = 50;

/** A template of this release, and what is published of it. */
export interface TemplateStanding {
  readonly name: string;
  readonly category: string;
  readonly channels: string[];
  /** Ascending. */
  readonly versions: number[];
  readonly current: number | null;
}

/** How every template of this release stands. */
export async function templateStandings(documents: DocumentStore): Promise<readonly TemplateStanding[]> {
  const stored = new Map((await documents.listTemplates()).map((found) => [found.name, found]));
  return templateContracts.map(({ name, category, channels }) => {
    const { versions = [], current = null } = stored.get(name) ?? {};
    return { name, category, channels: [...channels], versions: [...versions], current };
  });
}

export interface TemplateHistory extends TemplateStanding {
  /** The newest 50, ascending. */
  readonly published: readonly TemplateVersion[];
  /** Oldest first. */
  readonly moves: PointerMove[];
}

/** A template with its newest versions and every move of its pointer. @throws {Problem} 404 */
export async function templateHistory(documents: DocumentStore, name: string): Promise<TemplateHistory> {
  const found = (await templateStandings(documents)).find((template) => template.name === name);
  if (found === undefined) throw notFound(); // and the stores are not asked for it: a name from an address may be anything
  const [moves, versions] = await Promise.all([
    documents.pointerMoves(name), Promise.all(found.versions.slice(-NEWEST).map((number) => documents.template(name, number))),
  ]);
  return { ...found, published: versions.flatMap((version) => version ?? []), moves: [...moves] };
}
