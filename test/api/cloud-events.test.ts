import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { append } from '../../src/outbox/append.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { appDeps, signIn } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const PATH = '/backoffice/events/cloudevents';

test('events are read as CloudEvents 1.0, page by page, each once, and not before they are a minute old', async () => {
  const { sql } = await createDatabase();
  const events = [tenantJoined('one'), tenantJoined('two'), tenantJoined('three')];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await transaction(sql, (tx) => append(tx, ...events.map((event) => ({ event, origin: { traceparent } }))));
  const { get } = await signIn(createApp(appDeps(sql)), { roles: ['backoffice:write'] });
  expect(await (await get(PATH)).json()).toEqual([]);

  await sql`update outbox_event set id = (lpad(to_hex(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - 120000), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid`;
  const first = await get(`${PATH}?limit=2&type=TenantCreated`);
  expect(first.headers.get('Content-Type')).toContain('application/cloudevents-batch+json');
  const page = (await first.json()) as Record<string, unknown>[];
  expect(page).toHaveLength(2);
  expect(page[0]).toMatchObject({
    specversion: '1.0', type: 'ai.techmarket.TenantCreated.v2', subject: (events[0]?.payload as { tenantId: string }).tenantId, datacontenttype: 'application/json', traceparent,
    tenantid: events[0]?.tenantId, time: events[0]?.occurredAt.toISOString(), data: events[0]?.payload,
  });
  expect(page[0]?.['dataschema']).toMatch(/\/asyncapi\.json#\/components\/schemas\/TenantCreated\.v2$/);
  const next = first.headers.get('Next-Cursor') ?? '';
  const second = (await (await get(`${PATH}?cursor=${next}`)).json()) as Record<string, unknown>[];
  expect(second.map(({ data }) => (data as { name: string }).name)).toEqual(['three']);
});

test('outside readers need backoffice:read', async () => {
  const { sql } = await createDatabase();
  const { get } = await signIn(createApp(appDeps(sql)), { roles: ['user'] });
  expect((await get(PATH)).status).toBe(403);
});
