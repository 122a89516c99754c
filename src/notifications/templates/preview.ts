import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { TemplatePart } from '../../documents/document-store.ts';
import { chooseLocale, type CompiledTemplate, compile } from './render.ts';
import { type Channel, channelParts, readerProps, type TemplateContract } from './template-contract.ts';
import { RenderError } from './template-language.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What a preview is made of. */
export interface PreviewData {
  /** `props`, `sample`, `sample for owner`, or the id of the notification that was made of it. */
  readonly of: string;
  readonly props: unknown;
}

/** What readers in one language get on one channel. */
export interface Preview {
  readonly of: string;
  readonly locale: string | null;
  /** By part, such as `email.subject`; none when there is a problem. */
  readonly parts: Readonly<Record<string, string>>;
  /** Why it can't be rendered. */
  readonly problem: string | null;
}

interface Wanted {
  readonly channel: Channel;
  readonly locale: string;
}

/** Reads a template's sample data for each of its readers in a locale, from the repository. */
export async function readSamples(contract: TemplateContract, locale: string): Promise<readonly PreviewData[]> {
  const file = new URL(`../../../templates/${contract.name}/sample.json`, import.meta.url);
  const samples = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, object>>;
  const props = samples[chooseLocale(new Set(Object.keys(samples)), locale)];
  if (contract.readers === undefined) return [{ of: 'sample', props }];
  return contract.readers.map((reader) => ({ of: `sample for ${reader}`, props: { ...props, ...readerProps(contract, reader) } }));
}

/** Renders a version with each of the data, as its notifications would be. Other requests have their turn in between. */
export async function previews(
  parts: readonly TemplatePart[],
  wanted: Wanted,
  data: readonly PreviewData[],
): Promise<readonly Preview[]> {
  const template = compile(parts);
  const shown: Preview[] = [];
  for (const item of data) {
    shown.push(preview(template, wanted, item));
    await setImmediate();
  }
  return shown;
}

function preview(template: CompiledTemplate, { channel, locale }: Wanted, { of, props }: PreviewData): Preview {
  try {
    const { locale: chosen, ...texts } = template.render({ channel, locale, props });
    const named = new Map(Object.entries(texts));
    const parts = channelParts[channel].map((part) => [part, named.get(part.split('.')[1] ?? 'text') ?? '']);
    return { of, locale: chosen, parts: Object.fromEntries(parts) as Preview['parts'], problem: null };
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return { of, locale: null, parts: {}, problem: error.message };
  }
}

/** What differs for a reader between two previews of the same data. */
export interface PreviewDiff {
  readonly of: string;
  /** By part, the lines of a unified diff; none for a part that is the same in both. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
  readonly problems: { readonly from: string | null; readonly to: string | null };
}

/** Compares two previews of the same data part by part. Other requests have their turn in between. */
export async function diffPreviews(from: Preview, to: Preview): Promise<PreviewDiff> {
  const parts: Record<string, readonly string[]> = {};
  for (const name of new Set([...Object.keys(from.parts), ...Object.keys(to.parts)])) {
    parts[name] = unifiedDiff(from.parts[name] ?? '', to.parts[name] ?? '');
    await setImmediate();
  }
  return { of: from.of, parts, problems: { from: from.problem, to: to.problem } };
}
