import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { hasApiTools, requireTool } from '../../../dev/api-tools/install.ts';
import { readRecords } from '../../../dev/contracts/versions.ts';
import { createApp } from '../../../src/api/app.ts';
import type { NewEvent } from '../../../src/events/contract/event.ts';
import { append } from '../../../src/outbox/append.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';

const PATH = '/backoffice/events/cloudevents';

/** Moves every event two minutes into the past: readers are a minute behind. */
const makeOld = (sql: Sql) => sql`
  update outbox_event
  set id = (lpad(to_hex(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - 120000), 12, '0')
            || substr(replace(id::text, '-', ''), 13))::uuid
`;

test('events are read as CloudEvents 1.0, page by page, each once, and not before they are a minute old', async () => {
  const { sql } = await createDatabase();
  const events = [tenantJoined('one'), tenantJoined('two'), tenantJoined('three')];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await transaction(sql, (tx) => append(tx, ...events.map((event) => ({ event, origin: { traceparent } }))));
  const { get } = await signIn(createApp(appDeps(sql)), { roles: ['backoffice:write'] });
  expect(await (await get(PATH)).json()).toEqual([]);

  await makeOld(sql);
  const first = await get(`${PATH}?limit=2&type=TenantCreated`);
  expect(first.headers.get('Content-Type')).toContain('application/cloudevents-batch+json');
  const page = (await first.json()) as Record<string, unknown>[];
  expect(page).toHaveLength(2);
  expect(page[0]).toMatchObject({
    specversion: '1.0', type: 'ai.techmarket.TenantCreated.v2', datacontenttype: 'application/json', traceparent,
    subject: (events[0]?.payload as { tenantId: string }).tenantId,
    tenantid: events[0]?.tenantId, time: events[0]?.occurredAt.toISOString(), data: events[0]?.payload,
  });
  expect(page[0]?.['dataschema']).toMatch(/\/asyncapi\.json#\/components\/schemas\/TenantCreated\.v2$/);
  const next = first.headers.get('Next-Cursor') ?? '';
  const second = (await (await get(`${PATH}?cursor=${next}`)).json()) as Record<string, unknown>[];
  expect(second.map(({ data }) => (data as { name: string }).name)).toEqual(['three']);
});

test('every recorded event of every version is read in its newest one, as the AsyncAPI document says and the SDK reads it', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const recorded = readRecords('contracts').flatMap(({ corpus }) => corpus.slice(0, 1));
  await transaction(sql, (tx) => append(tx, ...recorded.map((event) => ({
    event: { ...event, occurredAt: new Date(event.occurredAt) } as NewEvent, origin: {},
  }))));
  await makeOld(sql);
  const { get } = await signIn(app, { roles: ['backoffice:write'] });
  const { components } = (await json(await app.request('/asyncapi.json'))) as {
    components: { messages: Record<string, { payload: object }> };
  };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const checks = new Map(
    Object.entries(components.messages).map(([type, { payload }]) => [type, ajv.compile({ ...payload, components })]),
  );
  const read: Record<string, unknown>[] = [];
  for (let cursor = ''; ; ) {
    const answer = await get(`${PATH}?limit=20${cursor}`);
    const page = (await answer.json()) as Record<string, unknown>[];
    if (page.length === 0) break;
    read.push(...page);
    cursor = `&cursor=${answer.headers.get('Next-Cursor')}`;
  }
  expect(read).toHaveLength(recorded.length);
  for (const event of read) {
    const [, type = ''] = /^ai\.techmarket\.(\w+)\.v\d+$/.exec(String(event['type'])) ?? [];
    const check = checks.get(type);
    expect([event['type'], check?.(event), check?.errors]).toEqual([event['type'], true, null]);
    if (hasApiTools()) {
      const { CloudEvent } = requireTool('cloudevents') as {
        CloudEvent: new (event: object) => { validate(): boolean };
      };
      expect(new CloudEvent(event).validate()).toBe(true);
    }
  }
});

test('a type is asked for as it is sent, or by its event alone; another version is refused with the one that is sent', async () => {
  const { sql } = await createDatabase();
  await transaction(sql, (tx) => append(tx, { event: tenantJoined('one'), origin: {} }));
  await makeOld(sql);
  const { get } = await signIn(createApp(appDeps(sql)), { roles: ['backoffice:read'] });
  const count = async (type: string) => ((await (await get(`${PATH}?type=${type}`)).json()) as unknown[]).length;
  expect(await count('ai.techmarket.TenantCreated.v2')).toBe(1);
  expect(await count('TenantCreated')).toBe(1);
  expect(await count('ai.techmarket.TicketCreated.v1')).toBe(0);
  const refused = {
    'ai.techmarket.TenantCreated.v1': 'is sent as ai.techmarket.TenantCreated.v2',
    'ai.techmarket.Nope.v1': 'is not a type that is sent',
  };
  for (const [type, detail] of Object.entries(refused)) {
    const answer = await get(`${PATH}?type=${type}`);
    expect([answer.status, (await json(answer))['errors']]).toEqual([422, [{ in: 'query', pointer: '/type', detail }]]);
  }
  for (const type of ['ai.techmarket.', 'com.example.TenantCreated.v2', 'tenant', "TenantCreated'--", '']) {
    expect([type, (await get(`${PATH}?type=${encodeURIComponent(type)}`)).status]).toEqual([type, 422]);
  }
});

test('outside readers need backoffice:read', async () => {
  const { sql } = await createDatabase();
  const { get } = await signIn(createApp(appDeps(sql)), { roles: ['user'] });
  expect((await get(PATH)).status).toBe(403);
});
