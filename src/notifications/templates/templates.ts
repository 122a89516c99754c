import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { TemplateConflict, UnknownTemplate } from '../../documents/document-store.ts';
import type { DocumentStore, TemplatePart } from '../../documents/document-store.ts';
import { checkTemplate } from './check-template.ts';
import { compile } from './render.ts';
import type { CompiledTemplate, Rendered, RenderRequest } from './render.ts';
import type { Channel, TemplateContract } from './template-contract.ts';

const FOLDER = new URL('../../../templates/', import.meta.url);

/** The repository's versions are below, operators' versions begin here: neither ever takes a number of the other. */
export const FIRST_OPERATOR_VERSION = 1_000;

/** Who publishes and why, for the record. */
export interface PublishOptions {
  readonly contracts: readonly TemplateContract[];
  readonly by: string;
  readonly reason: string;
  /** The folder of the templates, ending in a slash. */
  readonly folder?: URL;
  readonly now?: () => Date;
}

/**
 * Publishes every version in `templates/`, and moves a template's pointer to the newest of them when it is newer than
 * the current one and the pointer never was there. So a release brings what is new, and does not undo a rollback.
 * @throws {TemplateRefused} when a version breaks its contract or the rules.
 * @throws {TemplateConflict} when the text of a published version was edited, or its number is kept for operators.
 */
export async function publishTemplates(
  documents: DocumentStore,
  { contracts, by, reason, folder = FOLDER, now = () => new Date() }: PublishOptions,
): Promise<void> {
  for (const contract of contracts) {
    const { name } = contract;
    const versions = await readVersions(new URL(`${name}/`, folder));
    for (const { version, parts } of versions) {
      if (version >= FIRST_OPERATOR_VERSION) throw new TemplateConflict(name, version);
      checkTemplate(contract, parts);
      const contentHash = hashOf(parts);
      const publishedAt = now();
      await documents.publishTemplate({ name, version, parts, contentHash, publishedBy: by, reason, publishedAt });
    }
    const newest = Math.max(...versions.map(({ version }) => version));
    const moves = await documents.pointerMoves(name);
    const isNews = newest > (moves.at(-1)?.version ?? 0) && !moves.some(({ version }) => version === newest);
    if (isNews) await documents.setCurrent(name, { version: newest, by, reason, at: now() });
  }
}

/** Reads the versions in a template's folder: `v<version>/<locale>/<part>.hbs`. */
export async function readVersions(
  folder: URL,
): Promise<readonly { readonly version: number; readonly parts: readonly TemplatePart[] }[]> {
  const found = (await readdir(folder, { recursive: true })).flatMap((path) => {
    const [, version, locale, part] = /^v([1-9]\d*)\/([^/]+)\/([^/]+)\.hbs$/.exec(path.replaceAll('\\', '/')) ?? [];
    return version && locale && part ? [{ version: Number(version), locale, part, path }] : [];
  });
  const versions = Map.groupBy(found, ({ version }) => version);
  return Promise.all(
    [...versions].sort(([a], [b]) => a - b).map(async ([version, files]) => {
      const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      const parts = sorted.map(async ({ locale, part, path }) => {
        const source = await readFile(new URL(path, folder), 'utf8');
        return { locale, part, source: source.replaceAll('\r\n', '\n') };
      });
      return { version, parts: await Promise.all(parts) };
    }),
  );
}

/** The same for the same parts in any order. */
export function hashOf(parts: readonly TemplatePart[]): string {
  const lines = parts.map(({ locale, part, source }) => JSON.stringify([locale, part, source]));
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

export interface RenderVersion<C extends Channel> extends RenderRequest<C> {
  readonly name: string;
  readonly version: number;
}

/** What consumers need of templates. */
export interface Templates {
  /** The version a new notification is fixed to; up to `currentForMs` old. @throws {UnknownTemplate} */
  current(name: string): Promise<number>;
  /** Renders a fixed version. @throws {UnknownTemplate} @throws {RenderError} */
  render<C extends Channel>(request: RenderVersion<C>): Promise<Rendered[C]>;
}

const VERSIONS_KEPT = 100;

/** Templates from the document store; versions never change, so each is loaded and compiled once and then kept. */
export function templatesFrom(
  documents: DocumentStore,
  { currentForMs = 5_000, now = Date.now }: { readonly currentForMs?: number; readonly now?: () => number } = {},
): Templates {
  const pointers = new Map<string, { readonly version: number; readonly until: number }>();
  const compiled = new Map<string, CompiledTemplate>();

  async function current(name: string): Promise<number> {
    const cached = pointers.get(name);
    if (cached !== undefined && cached.until > now()) return cached.version;
    const version = await documents.currentVersion(name);
    if (version === undefined) throw new UnknownTemplate(name);
    pointers.set(name, { version, until: now() + currentForMs });
    return version;
  }

  async function load(name: string, version: number): Promise<CompiledTemplate> {
    const key = `${name}@${version}`;
    const kept = compiled.get(key);
    if (kept !== undefined) return kept;
    const found = await documents.template(name, version);
    if (found === undefined) throw new UnknownTemplate(name, version);
    const template = compile(found.parts);
    const [oldest] = compiled.size >= VERSIONS_KEPT ? compiled.keys() : [];
    if (oldest !== undefined) compiled.delete(oldest);
    compiled.set(key, template);
    return template;
  }

  async function render<C extends Channel>({ name, version, ...request }: RenderVersion<C>): Promise<Rendered[C]> {
    return (await load(name, version)).render(request);
  }
  return Object.freeze({ current, render });
}
