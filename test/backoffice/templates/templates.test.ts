import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { publishTemplates, templatesFrom } from '../../../src/notifications/templates/templates.ts';
import { openMongo } from '../../../src/platform/mongo.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { documentsInMongo } from '../../../src/documents/mongo-store.ts';
import { documentsInPostgres } from '../../../src/documents/postgres-store.ts';
import type { DocumentStore } from '../../../src/documents/document-store.ts';
import { templateContracts } from '../../../templates/index.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { NAME, openTemplates, type Parts, partsWith, PATH } from '../../support/templates.ts';

/** The version that the release brings. */
const RELEASED = 2;

function openMongoStore(url: string): DocumentStore {
  const mongo = openMongo(Object.assign(new URL(url), { pathname: `/columna_${randomBytes(4).toString('hex')}` }).href);
  onTestFinished(async () => {
    await mongo.db.dropDatabase();
    await mongo.close();
  });
  return documentsInMongo(mongo.db);
}

const { MONGODB_URL = '' } = process.env;
const stores: readonly (readonly [string, (sql: Sql) => DocumentStore])[] = [
  ['PostgreSQL', documentsInPostgres],
  ...(MONGODB_URL === '' ? [] : [['MongoDB', () => openMongoStore(MONGODB_URL)] as const]),
];

describe.each(stores)('templates in %s', (_name, store) => {
  test('of six operators who move the pointer at once one does, and the record tells of that move only', async () => {
    const { sql, documents, operator, publish } = await openTemplates(store);
    for (const word of ['uno', 'dos']) await publish({ es: { inbox: `${word} {{tenantName}}.\n` } });
    for (const seen of [{ from: RELEASED }, {}]) {
      const { length } = await documents.pointerMoves(NAME);
      const asked = { ...seen, version: 1_000, reason: 'reads better' };
      const answers = await Promise.all(Array.from({ length: 6 }, () => operator.post(`${PATH}/current`, asked)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
      expect(await documents.pointerMoves(NAME)).toHaveLength(length + 1);
      expect((await operator.post(`${PATH}/current`, { version: RELEASED, from: 1_000, reason: 'back' })).status).toBe(
        200,
      );
    }
    expect(await sql`select from operator_action where action = 'move-template-pointer'`).toHaveLength(4);
    const late = await operator.post(`${PATH}/current`, { version: 1_001, from: 1_000, reason: 'seen long ago' });
    expect([late.status, await documents.currentVersion(NAME)]).toEqual([409, RELEASED]);
    expect((await operator.post(`${PATH}/current`, { version: 1_000, from: null, reason: 'x' })).status).toBe(409);
    for (const from of ['1', 0, 1.5]) expect((await operator.post(`${PATH}/current`, { version: 1_000, from, reason: 'x' })).status).toBe(422);
  });

  test('are published, put in use and taken back by operators, on record each time', async () => {
    const { sql, documents, release, operator, reader, publish } = await openTemplates(store);
    const made = await publish({ es: { inbox: 'Hay un ticket de {{tenantName}}.\n' } });
    expect(made.status).toBe(201);
    expect(await json(made)).toMatchObject({ name: NAME, version: 1_000 });
    const listed = async () => ((await json(await reader.get('/backoffice/templates')))['templates'] as { name: string }[]).find(({ name }) => name === NAME);
    expect(await listed()).toMatchObject({ versions: [RELEASED, 1_000], current: RELEASED });

    const moved = await operator.post(`${PATH}/current`, { version: 1_000, reason: 'reads better' });
    expect([moved.status, await json(moved)]).toEqual([200, { name: NAME, current: 1_000, before: RELEASED }]);
    const rendered = await templatesFrom(documents).render({ name: NAME, version: 1_000, channel: 'inbox', locale: 'es', props: { tenantName: 'Norte' } });
    expect(rendered.text).toBe('Hay un ticket de Norte.');
    await release();
    expect(await listed()).toMatchObject({ current: 1_000 });
    await operator.post(`${PATH}/current`, { version: RELEASED, reason: 'it did not' });

    const one = await json(await reader.get(PATH));
    expect(one).toMatchObject({
      current: RELEASED,
      published: [
        { version: RELEASED, publishedBy: 'release' },
        { version: 1_000, publishedBy: operator.userId, reason: 'clearer' },
      ],
      moves: [
        { version: RELEASED },
        { version: 1_000, by: operator.userId, reason: 'reads better' },
        { version: RELEASED, reason: 'it did not' },
      ],
    });
    const version = await json(await reader.get(`${PATH}/versions/1000`));
    expect((version['parts'] as Parts)['es']?.['inbox']).toBe('Hay un ticket de {{tenantName}}.\n');
    const actions = await sql`select action, operator_user_id, request, outcome from operator_action order by id`;
    expect(actions).toMatchObject([
      { action: 'publish-template', operator_user_id: operator.userId, request: { template: NAME, reason: 'clearer' }, outcome: { version: 1_000 } },
      { action: 'move-template-pointer', request: { version: 1_000, reason: 'reads better' }, outcome: { before: RELEASED } },
      { action: 'move-template-pointer', request: { version: RELEASED, reason: 'it did not' }, outcome: { before: 1_000 } },
    ]);
  });

  test('published at once get a number each; the same again, and a repetition, get none', async () => {
    const { documents, publish } = await openTemplates(store);
    const texts = ['uno', 'dos', 'tres', 'cuatro'];
    const made = await Promise.all(texts.map((inbox) => publish({ es: { inbox } })));
    const versions = await Promise.all(made.map(async (answer) => (await json(answer))['version']));
    expect(versions.toSorted()).toEqual([1_000, 1_001, 1_002, 1_003]);
    const newest = texts[versions.indexOf(1_003)] ?? '';
    const key = randomUUID();
    expect(await json(await publish({ es: { inbox: newest } }, key))).toMatchObject({ version: 1_003 });
    expect((await publish({ es: { inbox: newest } }, key)).headers.get('Idempotency-Replayed')).toBe('true');
    const [stored] = (await documents.listTemplates()).filter(({ name }) => name === NAME);
    expect(stored?.versions).toEqual([RELEASED, 1_000, 1_001, 1_002, 1_003]);
  });

  test('have no pointer to what was never published', async () => {
    const { sql, operator } = await openTemplates(store);
    const answer = await operator.post(`${PATH}/current`, { version: 7, reason: 'x' });
    expect([answer.status, (await json(answer))['errors']]).toEqual([422, [{ in: 'body', pointer: '/version', detail: 'was never published' }]]);
    expect(await sql`select from operator_action`).toHaveLength(0);
  });
});

describe('parts are refused', () => {
  const nested = '{{#if subject}}'.repeat(5_000) + '{{/if}}'.repeat(5_000);
  test.each([
    ['an object instead of text', { es: { inbox: { type: 'Program', body: [] } } }, '/parts/es/inbox', /must be a text/],
    ['a block that is never closed', { es: { inbox: 'a\n{{#if subject}}\nb' } }, '/parts/es/inbox', /line 2: opens a block/],
    ['5,000 nested blocks', { es: { inbox: nested } }, '/parts/es/inbox', /line 1: is larger|nests more/],
    ['2,000 nested blocks', { es: { inbox: '{{#if subject}}'.repeat(2_000) + '{{/if}}'.repeat(2_000) } }, '/parts/es/inbox', /line 1: nests more than 20/],
    ['a triple brace', { en: { 'email.html': '\n\n{{{subject}}}' } }, '/parts/en/email.html', /line 3: is not escaped/],
    ['a variable that is in no contract', { es: { inbox: '{{password}}' } }, '/parts/es/inbox', /line 1: variable "password"/],
    ['a lookup into a prototype', { es: { inbox: '{{constructor.name}}' } }, '/parts/es/inbox', /line 1/],
    ['a part that is missing', { pt: { inbox: 'x' } }, '/parts/pt/email.subject', /line 1: is missing/],
    ['a part that is none', { es: { 'email.head': 'x' } }, '/parts/es/email.head', /is not a field/],
    ['a locale that is none', { '../es': { inbox: 'x' } }, '/parts/..~1es', /./],
    ['a character that can’t be stored', { es: { inbox: 'NUL' } }, '', /./],
  ])('with %s, when published and when previewed', async (_what, changes, pointer, detail) => {
    const app = createApp(appDeps((await createDatabase()).sql));
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const parts = await partsWith(changes as Parts);
    const body = (rest: object) => JSON.stringify({ parts, ...rest }).replace('NUL', '\\u0000');
    const beganMs = performance.now();
    for (const answer of [
      await operator.post(`${PATH}/versions`, body({ reason: 'x' })),
      await operator.post(`${PATH}/preview`, body({ locale: 'es', channel: 'inbox' })),
    ]) {
      expect(answer.status).toBe(422);
      const [flaw] = (await json(answer))['errors'] as { pointer: string; detail: string }[];
      expect(flaw?.pointer).toBe(pointer);
      expect(flaw?.detail).toMatch(detail);
    }
    expect(performance.now() - beganMs).toBeLessThan(1_000);
  });

  test('over 256 KB with 413, whatever is in them', async () => {
    const operator = await signIn(createApp(appDeps(untouchable)), { roles: ['backoffice:write'] });
    const body = { parts: await partsWith({ es: { inbox: 'x'.repeat(1_000_000) } }), reason: 'x' };
    for (const path of ['versions', 'preview']) expect((await operator.post(`${PATH}/${path}`, body)).status).toBe(413);
  });

  test('leave no version, no record and no key behind', async () => {
    const { sql, documents, operator } = await openTemplates();
    const key = randomUUID();
    const parts = await partsWith({ es: { inbox: '{{#if' } });
    expect((await operator.post(`${PATH}/versions`, { parts, reason: 'x' }, key)).status).toBe(422);
    expect((await operator.post(`${PATH}/versions`, { parts: await partsWith(), reason: 'x' }, key)).status).toBe(201);
    expect(await sql`select from operator_action`).toHaveLength(1);
    expect((await documents.listTemplates()).find(({ name }) => name === NAME)?.versions).toEqual([RELEASED, 1_000]);
  });
});

test('who may only read can look and preview, and change nothing; others can do neither', async () => {
  const { app, reader } = await openTemplates();
  const user = await signIn(app);
  const reads = ['/backoffice/templates', PATH, `${PATH}/versions/${RELEASED}`];
  for (const path of reads) expect([(await reader.get(path)).status, (await user.get(path)).status]).toEqual([200, 403]);
  const asked = { version: RELEASED, locale: 'es', channel: 'inbox' };
  expect([(await reader.post(`${PATH}/preview`, asked)).status, (await user.post(`${PATH}/preview`, asked)).status]).toEqual([200, 403]);
  expect((await reader.post(`${PATH}/current`, { version: RELEASED, reason: 'x' })).status).toBe(403);
  expect((await reader.post(`${PATH}/versions`, { parts: await partsWith(), reason: 'x' })).status).toBe(403);
  for (const path of [
    '/backoffice/templates/nope',
    `${PATH}/versions/1`,
    `${PATH}/versions/0`,
    `${PATH}/versions/1e99`,
  ]) {
    expect((await reader.get(path)).status).toBe(404);
  }
});

test('the release refuses a version of the repository whose number is the operators’', async () => {
  const { sql } = await createDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'columna-templates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, NAME, 'v1000', 'es'), { recursive: true });
  writeFileSync(join(folder, NAME, 'v1000', 'es', 'inbox.hbs'), 'x');
  const [contract] = templateContracts.filter(({ name }) => name === NAME);
  const publishing = publishTemplates(documentsInPostgres(sql), { contracts: contract ? [contract] : [], by: 'x', reason: 'x', folder: pathToFileURL(`${folder}/`) });
  await expect(publishing).rejects.toThrow('version 1000');
  expect(await documentsInPostgres(sql).listTemplates()).toEqual([]);
});
