import { html } from 'hono/html';
import { z } from 'zod';
import { notFound } from '../../api/http/problem.ts';
import { code } from '../../api/http/fields.ts';
import { type Channel, channelParts, READERS, type Reader, type TemplateContract } from '../../notifications/templates/template-contract.ts';
import { type PreviewData, readSamples } from '../../notifications/templates/preview.ts';
import type { DocumentStore } from '../../documents/document-store.ts';
import { assertChannel } from './preview-versions.ts';
import { version } from './template-fields.ts';
import { contractOf } from './templates.ts';
import type { Html } from '../kit/shell.ts';

/** A version's number as an address or a form has it. */
export const versionField = z.coerce.number().pipe(version);

/** Which template a page is about. */
export const templateParams = z.strictObject({ name: code });

/** For whom a template is looked at. */
export const readerFields = {
  reader: z.enum(READERS).optional(),
  channel: z.enum(Object.keys(channelParts) as [Channel, ...Channel[]]).optional(),
  locale: z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i).optional(),
};

interface Asked {
  readonly reader?: Reader | undefined;
  readonly channel?: Channel | undefined;
  readonly locale?: string | undefined;
}

/** A template to look at: what there is to choose from, and what is chosen. */
export interface Look {
  readonly contract: TemplateContract;
  readonly versions: readonly number[];
  readonly current: number;
  readonly locales: readonly string[];
  readonly channel: Channel;
  readonly locale: string;
  /** Undefined where all readers get the same text. */
  readonly reader: Reader | undefined;
  /** The template's sample for that reader. */
  readonly sample: PreviewData;
}

/** Completes what is asked: the first channel, and the operator's language. @throws {Problem} 404, 422 */
export async function lookAt(documents: DocumentStore, name: string, asked: Asked & { readonly language: string }): Promise<Look> {
  const contract = contractOf(name);
  const found = (await documents.listTemplates()).find((template) => template.name === name);
  const newest = found?.versions.at(-1);
  if (found === undefined || newest === undefined) throw notFound();
  const current = found.current ?? newest;
  const parts = (await documents.template(name, current))?.parts ?? [];
  const { channel = contract.channels[0] ?? 'inbox', locale = asked.language } = asked;
  assertChannel(contract, channel);
  const { readers = [] } = contract;
  const reader = readers.find((one) => one === asked.reader) ?? readers[0];
  const samples = await readSamples(contract, locale);
  const sample = samples[reader === undefined ? 0 : readers.indexOf(reader)] ?? { of: 'sample', props: {} };
  const locales = [...new Set([...parts.map((part) => part.locale), locale])];
  return { contract, versions: found.versions, current, channel, locale, locales, reader, sample };
}

/** The choice of a reader, where their texts differ. */
export const selectReader = ({ contract, reader }: Pick<Look, 'contract' | 'reader'>, label: string): Html =>
  reader === undefined ? html`` : select({ name: 'reader', label, chosen: reader, choices: contract.readers ?? [] });

interface Choice {
  readonly name: string;
  readonly label: string;
  readonly chosen: string | number;
  readonly choices: readonly (string | number)[];
}

/** A choice that is always made. */
export const select = ({ name, label, chosen, choices }: Choice): Html =>
  html`<label>${label}<select name="${name}">${choices.map((one) => html`<option${one === chosen ? html` selected` : ''}>${one}</option>`)}</select></label>`;
