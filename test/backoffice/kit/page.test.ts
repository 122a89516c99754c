import { randomUUID } from 'node:crypto';
import { html } from 'hono/html';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../src/api/app.ts';
import { line, uuid } from '../../../src/api/http/fields.ts';
import { none } from '../../../src/api/http/route.ts';
import { action, onceField } from '../../../src/backoffice/kit/action.ts';
import { page } from '../../../src/backoffice/kit/page.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';

async function setUp() {
  const { sql } = await createDatabase();
  const deps = appDeps(sql);
  const app = createApp(deps);
  const things = { path: '/backoffice/ui/things/:id', params: z.strictObject({ id: uuid }), query: z.strictObject({ size: z.coerce.number().int().optional() }) };
  page(app, deps, things, async ({ params, query }) => ({ title: '<Thing>', body: html`<p>${params.id} ${query.size} ${onceField()}</p>` }));
  action(app, deps, { path: '/things', params: none, form: z.strictObject({ reason: line(20) }) }, async ({ form, record }) => {
    await record('run-job', { reason: form.reason });
    return '/backoffice?x=1';
  });
  action(app, deps, { path: '/forgetful', params: none, form: none }, async () => '/backoffice');
  const actions = () => sql`select action, request, operator_user_id as who from operator_action`;
  return { sql, app, actions };
}

const THING = `/backoffice/ui/things/${randomUUID()}`;

test('a page asks whoever is not signed in to do so, and shows what it escapes to an operator', async () => {
  const { app } = await setUp();
  const stranger = await app.request(THING, { headers: { 'Accept-Language': 'es-MX' } });
  expect([stranger.status, await stranger.text()]).toEqual([401, expect.stringContaining('<html lang="es">')]);
  const user = await signInOperator(app, 'user');
  expect((await user.get(THING)).status).toBe(403);
  const reader = await signInOperator(app, 'backoffice:read');
  const answer = await reader.get(THING);
  expect(answer.headers.get('Content-Security-Policy')).toContain("script-src 'self'");
  expect(await answer.text()).toContain('<h1>&lt;Thing&gt;</h1>');
});

test('what is wrong with an address is told on a page', async () => {
  const { app } = await setUp();
  const operator = await signInOperator(app);
  const wrong = await operator.get(`${THING}?size=x`);
  expect([wrong.status, wrong.headers.get('Content-Type')]).toEqual([422, 'text/html; charset=UTF-8']);
  expect(await wrong.text()).toContain('<code>/size</code>');
  expect((await operator.get(`${THING}?size=`)).status).toBe(200);
  expect((await operator.get('/backoffice/ui/things/7')).status).toBe(404);
});

test('the language is the operator’s choice, kept for the backoffice only', async () => {
  const { app } = await setUp();
  const operator = await signInOperator(app);
  const chosen = await operator.get(`${THING}?size=3&language=es`);
  expect([chosen.status, chosen.headers.get('Location')]).toEqual([303, `${THING}?size=3`]);
  expect(chosen.headers.get('Set-Cookie')).toMatch(/^columna_language=es; Max-Age=31536000; Path=\/backoffice; HttpOnly; SameSite=Strict$/);
});

test('an action is done once for a form that is sent twice, and is on record', async () => {
  const { app, actions } = await setUp();
  const operator = await signInOperator(app);
  const key = randomUUID();
  const first = await operator.send('/backoffice/ui/things', { key, reason: 'because' });
  const second = await operator.send('/backoffice/ui/things', { key, reason: 'because' });
  expect(first.headers.get('Location')).toMatch(/^\/backoffice\?x=1&done=[0-9a-f-]{36}$/);
  expect([second.status, second.headers.get('Location')]).toEqual([303, first.headers.get('Location')]);
  expect(await actions()).toEqual([{ action: 'run-job', request: { reason: 'because' }, who: operator.userId }]);
});

test('an action is refused without the role, from another site, without a key, and with wrong fields; nothing is done', async () => {
  const { app, actions } = await setUp();
  const operator = await signInOperator(app);
  const reader = await signInOperator(app, 'backoffice:read');
  const fields = { reason: 'because' };
  const statuses = [
    await reader.send('/backoffice/ui/things', fields),
    await operator.send('/backoffice/ui/things', fields, { Origin: 'https://evil.example' }),
    await operator.send('/backoffice/ui/things', fields, { 'Sec-Fetch-Site': 'same-site' }),
    await operator.send('/backoffice/ui/things', { ...fields, key: '' }),
    await operator.send('/backoffice/ui/things', { reason: 'two\nlines' }),
    await operator.send('/backoffice/ui/things', { ...fields, more: 'x' }),
    await operator.send('/backoffice/ui/things', fields, { 'Content-Type': 'application/json' }),
    await operator.send('/backoffice/ui/things', { reason: 'x'.repeat(300_000) }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([403, 403, 403, 400, 422, 422, 415, 413]);
  expect(await actions()).toEqual([]);
});

test('an action that leaves no record is none', async () => {
  const { app } = await setUp();
  expect((await (await signInOperator(app)).send('/backoffice/ui/forgetful', {})).status).toBe(500);
});
