import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { readVersions } from '../../../src/notifications/templates/templates.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { json } from '../../support/app.ts';
import { NAME, openTemplates, type Parts, partsWith, PATH } from '../../support/templates.ts';

describe('a preview', () => {
  const previewsIn = async (answer: Response) => (await json(answer))['previews'] as { of: string; parts: Record<string, string>; problem: string | null }[];
  const payload = { recipientName: 'Nora Brien', tenantName: 'Norte', subject: 'Llamar a Luis, luis@example.com', link: 'https://app.example/tickets/1' };

  async function deliver(sql: Sql, template = NAME) {
    const id = uuidv7();
    await sql`
      insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, body, status)
      values (${id}, ${uuidv7()}, ${randomUUID()}, 'inbox', ${template}, 2, 'es', ${sql.json(payload)}, 'x', 'delivered')
    `;
    return id;
  }

  test('is of the sample, of given props, or of parts that are not published', async () => {
    const { reader } = await openTemplates();
    const asked = { locale: 'es-MX', channel: 'inbox' };
    const samples = await previewsIn(await reader.post(`${PATH}/preview`, { ...asked, version: 2 }));
    const inbox = (text: string) => ({ inbox: expect.stringContaining(text) as unknown });
    expect(samples).toMatchObject([
      {
        of: 'sample for customer',
        locale: 'es',
        problem: null,
        parts: inbox('Abriste un ticket con Clima & Calor S.L.'),
      },
      { of: 'sample for owner', locale: 'es', problem: null, parts: inbox('Un cliente espera tu respuesta') },
    ]);
    const parts = await partsWith({ es: { inbox: '{{subject}} / {{ticketNumber}}' } });
    const props = { ...payload, ticketNumber: 'T-1' };
    const [given] = await previewsIn(await reader.post(`${PATH}/preview`, { ...asked, parts, props }));
    expect(given?.parts).toEqual({ inbox: `${payload.subject} / T-1` });
    const [hole] = await previewsIn(await reader.post(`${PATH}/preview`, { ...asked, parts, props: payload }));
    expect(hole).toMatchObject({ parts: {}, problem: 'inbox: variable "ticketNumber" is missing' });
    const [mail] = await previewsIn(
      await reader.post(`${PATH}/preview`, { version: 2, locale: 'en', channel: 'email' }),
    );
    expect(Object.keys(mail?.parts ?? {})).toEqual(['email.subject', 'email.html', 'email.text']);
    expect(mail?.parts['email.subject']).toContain('The boiler won’t start'); // the sample speaks the reader's language
  });

  test('of the last real notifications masks whom they are about, unless the operator may write', async () => {
    const { sql, operator, reader } = await openTemplates();
    await deliver(sql);
    const [second, third] = [await deliver(sql), await deliver(sql)];
    await deliver(sql, 'quote-sent');
    const asked = { version: 2, locale: 'es', channel: 'inbox', lastEvents: 2 };
    const known = await previewsIn(await operator.post(`${PATH}/preview`, asked));
    expect(known.map(({ of }) => of)).toEqual([third, second]);
    expect(known[0]?.parts['inbox']).toContain('luis@example.com');
    const masked = await reader.post(`${PATH}/preview`, asked);
    const text = await masked.clone().text();
    expect(text).not.toMatch(/Nora|Brien|uis|example\.com/);
    expect((await previewsIn(masked))[0]).toMatchObject({ of: third, problem: null });
  });

  test('of two versions over the same data shows what changes, line by line', async () => {
    const { reader, publish } = await openTemplates();
    await publish({ es: { inbox: 'Hay novedades en {{tenantName}}.' } });
    const answer = await reader.post(`${PATH}/diff`, {
      from: 2,
      to: 1_000,
      locale: 'es',
      channel: 'inbox',
      props: payload,
    });
    const [diff] = (await json(answer))['diffs'] as { parts: Record<string, string[]>; problems: object }[];
    expect(diff?.parts['inbox']?.[0]).toBe('@@ -1,1 +1,1 @@');
    expect(diff?.parts['inbox']?.at(-1)).toBe('+Hay novedades en Norte.');
    expect(diff?.problems).toEqual({ from: null, to: null });
    const mail = await reader.post(`${PATH}/diff`, { from: 2, to: 1_000, locale: 'es', channel: 'email' });
    expect(await json(mail)).toMatchObject({
      diffs: ['customer', 'owner'].map((reader) => ({
        of: `sample for ${reader}`,
        parts: { 'email.subject': [], 'email.html': [], 'email.text': [] },
      })),
    });
  });

  test('that would take too much work says so, and other requests are answered meanwhile', async () => {
    const { app, reader } = await openTemplates();
    const [digest] = await readVersions(new URL('../../../templates/digest/', import.meta.url));
    const html = '{{#each texts}}{{#each ../texts}}{{/each}}{{/each}}';
    const parts: Parts = {};
    for (const { locale, part, source } of digest?.parts ?? []) (parts[locale] ??= {})[part] = part === 'email.html' ? html : source;
    const props = { recipientName: 'x', category: 'x', count: '1', link: 'https://x.example', texts: Array<string>(75_000).fill('') };
    const asked = reader.post('/backoffice/templates/digest/preview', { locale: 'es', channel: 'email', parts, props });
    expect((await app.request('/livez')).status).toBe(200);
    expect((await previewsIn(await asked))[0]).toMatchObject({ parts: {}, problem: 'email.html: takes more than 100000 steps' });
  });

  test.each([
    ['preview', { locale: 'es', channel: 'inbox' }, ''],
    ['preview', { version: 2, parts: {}, locale: 'es', channel: 'inbox' }, ''],
    ['preview', { version: 9, locale: 'es', channel: 'inbox' }, '/version'],
    ['preview', { version: 2, locale: 'es', channel: 'fax' }, '/channel'],
    ['preview', { version: 2, locale: 'es', channel: 'inbox', props: { recipientName: 1 } }, '/props/recipientName'],
    ['preview', { version: 2, locale: 'es', channel: 'inbox', props: payload, lastEvents: 1 }, '/lastEvents'],
    ['preview', { version: 2, locale: 'es', channel: 'inbox', lastEvents: 21 }, '/lastEvents'],
    ['diff', { from: 2, to: 9, locale: 'es', channel: 'inbox' }, '/to'],
    ['diff', { from: 9, to: 2, locale: 'es', channel: 'inbox' }, '/from'],
  ])('is refused: %s of %j', async (path, body, pointer) => {
    const { reader } = await openTemplates();
    const answer = await reader.post(`${PATH}/${path}`, body);
    expect(answer.status).toBe(422);
    expect(((await json(answer))['errors'] as { pointer: string }[])[0]?.pointer).toBe(pointer);
  });
});
