import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { TemplateRefused } from '../../../src/notifications/templates/check-template.ts';
import { defineTemplate } from '../../../src/notifications/templates/template-contract.ts';
import { publishTemplates, templatesFrom } from '../../../src/notifications/templates/templates.ts';
import { documentsInPostgres } from '../../../src/documents/postgres-store.ts';
import { TemplateConflict, UnknownTemplate } from '../../../src/documents/document-store.ts';
import type { DocumentStore } from '../../../src/documents/document-store.ts';
import { templateContracts } from '../../../templates/index.ts';
import { createDatabase } from '../../support/database.ts';

const AT = new Date('2026-03-01T10:00:00Z');
const welcome = defineTemplate({
  name: 'welcome',
  category: 'tests',
  onUnknown: 'hold',
  importance: 'normal',
  channels: ['inbox'],
  props: z.strictObject({ name: z.string() }),
});

/** A store, a folder of templates with `welcome` in it, and a release that publishes the folder. */
async function setUp() {
  const { sql } = await createDatabase();
  const documents = documentsInPostgres(sql);
  const path = await mkdtemp(join(tmpdir(), 'templates-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const write = async (version: number, source: string) => {
    await mkdir(join(path, `welcome/v${version}/es`), { recursive: true });
    await writeFile(join(path, `welcome/v${version}/es/inbox.hbs`), source);
  };
  const folder = pathToFileURL(`${path}/`);
  const release = (reason: string, store = documents) =>
    publishTemplates(store, { contracts: [welcome], by: 'release', reason, folder, now: () => AT });
  await write(1, 'Hola {{name}}\n');
  return { documents, write, release };
}

const rollBack = (documents: DocumentStore, version: number) =>
  documents.setCurrent('welcome', { version, by: 'operator-1', reason: 'a mistake in the text', at: AT });

test('a release publishes its versions and makes the newest current', async () => {
  const { documents, write, release } = await setUp();
  await write(2, 'Hola, {{name}}\n');
  await write(10, 'Hola, {{name}}!\n');
  await release('1.0');
  expect(await documents.listTemplates()).toEqual([{ name: 'welcome', versions: [1, 2, 10], current: 10 }]);
  expect(await documents.pointerMoves('welcome')).toEqual([{ version: 10, by: 'release', reason: '1.0', at: AT }]);
});

test('a release with nothing new changes nothing and leaves a rollback alone', async () => {
  const { documents, write, release } = await setUp();
  await write(2, 'Hola, {{name}}\n');
  await release('1.0');
  await rollBack(documents, 1);
  await release('1.1');
  expect(await documents.currentVersion('welcome')).toBe(1);
  expect(await documents.pointerMoves('welcome')).toHaveLength(2);
});

test('a release with a new version becomes current, after a rollback too', async () => {
  const { documents, write, release } = await setUp();
  await write(2, 'Hola, {{name}}\n');
  await release('1.0');
  await rollBack(documents, 1);
  await write(3, '¡Hola, {{name}}!\n');
  await release('1.1');
  expect(await documents.currentVersion('welcome')).toBe(3);
});

test('a release that was cut off before it moved the pointer moves it the next time', async () => {
  const { documents, write, release } = await setUp();
  await release('1.0');
  await write(2, 'Hola, {{name}}\n');
  const cutOff = { ...documents, setCurrent: () => Promise.reject(new Error('cut off')) };
  await expect(release('1.1', cutOff)).rejects.toThrow('cut off');
  expect(await documents.currentVersion('welcome')).toBe(1);
  await release('1.1');
  expect(await documents.currentVersion('welcome')).toBe(2);
});

test('a published version that was edited stops the release', async () => {
  const { write, release } = await setUp();
  await release('1.0');
  await write(1, 'Adiós {{name}}\n');
  await expect(release('1.1')).rejects.toThrow(TemplateConflict);
});

test('a version that breaks the rules stops the release, with file and line, and is not published', async () => {
  const { documents, write, release } = await setUp();
  await write(1, 'Hola\n{{{name}}}\n');
  await expect(release('1.0')).rejects.toThrow(TemplateRefused);
  await expect(release('1.0')).rejects.toThrow('es/inbox.hbs:2');
  expect(await documents.listTemplates()).toEqual([]);
});

test('the same text with the line ends of another system is the same version', async () => {
  const { write, release } = await setUp();
  await release('1.0');
  await write(1, 'Hola {{name}}\r\n');
  await release('1.0');
});

test('everything in templates/ can be published and rendered', async () => {
  const documents = documentsInPostgres((await createDatabase()).sql);
  await publishTemplates(documents, { contracts: templateContracts, by: 'release', reason: '1.0' });
  const templates = templatesFrom(documents);
  const props = { recipientName: 'Ana', tenantName: 'Clima S.L.', link: 'https://techmarket.example/t/1' };
  const version = await templates.current('tenant-verified');
  const email = await templates.render({ name: 'tenant-verified', version, channel: 'email', locale: 'en-GB', props });
  expect(email).toMatchObject({ locale: 'en', subject: 'Your business is now verified: Clima S.L.' });
});

test('the current version is asked for again when it may have moved', async () => {
  const { documents, write, release } = await setUp();
  let nowMs = 0;
  const templates = templatesFrom(documents, { currentForMs: 1_000, now: () => nowMs });
  await expect(templates.current('welcome')).rejects.toThrow(UnknownTemplate);
  await release('1.0');
  expect(await templates.current('welcome')).toBe(1);
  await write(2, 'Hola, {{name}}\n');
  await release('1.1');
  nowMs = 999;
  expect(await templates.current('welcome')).toBe(1);
  nowMs = 1_000;
  expect(await templates.current('welcome')).toBe(2);
});

test('a version is loaded once and then rendered without the store', async () => {
  const { documents, release } = await setUp();
  await release('1.0');
  let loads = 0;
  const templates = templatesFrom({
    ...documents,
    template: (name, version) => {
      loads += 1;
      return documents.template(name, version);
    },
  });
  const request = { name: 'welcome', version: 1, channel: 'inbox', locale: 'es' } as const;
  expect(await templates.render({ ...request, props: { name: 'Ana' } })).toEqual({ locale: 'es', text: 'Hola Ana' });
  expect(await templates.render({ ...request, props: { name: 'Iván' } })).toEqual({ locale: 'es', text: 'Hola Iván' });
  expect(loads).toBe(1);
  await expect(templates.render({ ...request, version: 2, props: {} })).rejects.toThrow(UnknownTemplate);
});
