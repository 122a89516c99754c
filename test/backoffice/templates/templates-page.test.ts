import { expect, test } from 'vitest';
import { templateContracts } from '../../../templates/index.ts';
import { signInOperator } from '../../support/operator.ts';
import { NAME, openTemplates } from '../../support/templates.ts';

const TEMPLATES = '/backoffice/ui/templates';
const PAGE = `${TEMPLATES}/${NAME}`;

/** A release, and a second version of one template that nobody uses yet. */
async function setUp() {
  const opened = await openTemplates();
  await opened.publish({ es: { inbox: 'Hay un ticket en {{tenantName}}.\n', 'email.html': '<p style="color:red">{{tenantName}}</p><script>1</script>\n' } });
  const actions = () => opened.sql`select action, request, outcome from operator_action where action = 'move-template-pointer'`;
  return { ...opened, actions, writer: await signInOperator(opened.app), viewer: await signInOperator(opened.app, 'backoffice:read') };
}

test('every template is shown with the version in use, and one with all its versions and moves', async () => {
  const { viewer } = await setUp();
  const page = await viewer.read(TEMPLATES);
  for (const { name } of templateContracts) expect(page).toContain(`${TEMPLATES}/${name}"`);
  expect(page.match(/not the newest/g)).toHaveLength(1);
  const one = await viewer.read(PAGE);
  expect(one.indexOf('>1000 ') < one.indexOf('in use</span>')).toBe(true);
  expect([one.includes('clearer'), one.includes(`POST /backoffice/templates/${NAME}/versions`), one.includes('<form method="post" action="/backoffice/ui')]).toEqual([true, true, false]);
  expect((await viewer.get(`${TEMPLATES}/nothing`)).status).toBe(404);
});

test('another version is put in use and taken back, with a reason on record', async () => {
  const { writer, viewer, documents, actions } = await setUp();
  const use = (version: string, by = writer, from = '2') => by.send(`${PAGE}/current`, { version, from, reason: 'reads better' });
  expect((await use('1000', viewer)).status).toBe(403);
  expect([(await use('7')).status, (await use('x')).status]).toEqual([422, 422]);
  expect((await use('1000')).headers.get('Location')).toMatch(new RegExp(`^${PAGE}\\?done=`));
  expect(await documents.currentVersion(NAME)).toBe(1_000);
  expect(await writer.read(PAGE)).toContain('Roll back to 2<');
  expect(await writer.read(PAGE)).toContain('name="from" value="1000"');
  expect((await use('2', writer, '2')).status).toBe(409);
  await use('2', writer, '1000');
  expect((await documents.pointerMoves(NAME)).slice(-2)).toMatchObject([{ version: 1_000, by: writer.userId, reason: 'reads better' }, { version: 2 }]);
  expect(await actions()).toMatchObject([{ request: { version: 1_000 }, outcome: { before: 2 } }, { request: { version: 2 }, outcome: { before: 1_000 } }]);
});

test('a preview shows what readers get, and mail’s HTML in a frame where nothing of it can act', async () => {
  const { viewer, app } = await setUp();
  const inbox = await viewer.read(`${PAGE}/preview?version=1000&channel=inbox&locale=es`);
  expect(inbox).toContain('Hay un ticket en Clima &amp; Calor S.L.');
  expect(await viewer.read(`${PAGE}/preview`)).toContain(`<h1>${NAME} 2: preview</h1>`);
  const mail = await viewer.read(`${PAGE}/preview?version=1000&channel=email&locale=es`);
  const [frame = '', src = ''] = /<iframe [^>]*src="([^"]*)"[^>]*>/.exec(mail) ?? [];
  expect(frame).toMatch(/ sandbox>$/);
  const answer = await viewer.get(src.replaceAll('&amp;', '&'));
  expect(answer.headers.get('Content-Security-Policy')).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; sandbox");
  expect(await answer.text()).toContain('<p style="color:red">Clima &amp; Calor S.L.</p><script>');
  expect((await app.request(src.replaceAll('&amp;', '&'))).status).toBe(401);
  const statuses = ['?channel=whatsapp', '?version=7', '?version=0', '?locale=%00', '/html?channel=inbox'].map(async (odd) => (await viewer.get(`${PAGE}/preview${odd}`)).status);
  expect(await Promise.all(statuses)).toEqual([422, 422, 422, 422, 404]);
});

test('a comparison shows what changes for readers, line by line, and says when nothing does', async () => {
  const { viewer } = await setUp();
  const page = await viewer.read(`${PAGE}/compare?channel=inbox&locale=es`);
  expect(page).toMatch(/<del>-[^<]*<\/del>.*<ins>\+Hay un ticket en Clima &amp; Calor S\.L\.\.<\/ins>/s);
  expect(await viewer.read(`${PAGE}/compare?from=2&to=1000&channel=push&locale=es`)).toContain('Readers see no difference.');
  expect((await viewer.get(`${PAGE}/compare?from=7`)).status).toBe(422);
});
