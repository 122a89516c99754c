import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessRules, rolesOf } from '../../../src/api/http/access-rules.ts';
import { createApp } from '../../../src/api/app.ts';
import { composeExample } from '../../../src/api/openapi/add-examples.ts';
import type { Document, Schema } from '../../../src/api/openapi/shapes.ts';
import { openValidator, readDocument, type Route, routesOf, schemasWithin } from '../../support/api-document.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';

let document: Document;
let routes: readonly Route[];
beforeAll(async () => {
  document = await readDocument();
  routes = routesOf(document);
});

/** The operations of which something is not so. */
const without = (isSo: (route: Route) => boolean) =>
  routes.filter((route) => !isSo(route)).map(({ method, path }) => `${method} ${path}`);

const router = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

describe('an operation of the reference', () => {
  test('has a stable id of its own, a verb and a noun', () => {
    const ids = routes.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(without(({ operation }) => /^[a-z]+([A-Z][a-z0-9]*)+$/.test(operation.operationId))).toEqual([]);
    expect(ids).toEqual(
      expect.arrayContaining(['createTenant', 'createTicket', 'createQuote', 'listQuotes', 'listNotifications']),
    );
  });

  test('has a short summary that begins with a verb, a description and a tag that is explained', () => {
    expect(without(({ operation: { summary } }) => /^[A-Z][a-z]+ [^;:.]{3,60}$/.test(summary))).toEqual([]);
    expect(without(({ operation: { description } }) => description.length > 10)).toEqual([]);
    const tags = new Map(
      (document['tags'] as { name: string; description: string }[]).map(({ name, description }) => [name, description]),
    );
    expect(without(({ operation }) => operation.tags.every((tag) => (tags.get(tag) ?? tag) !== tag))).toEqual([]);
    expect(document['servers']).toEqual([{ url: 'http://localhost', description: 'This deployment' }]);
  });

  test('names the roles that the rules name, and asks for a token where they do', () => {
    expect(without(({ method, path, operation }) => {
      const rule = accessRules[`${method} ${router(path)}`];
      const roles = rule && rolesOf(rule);
      const saysRoles = JSON.stringify(operation['x-roles']) === JSON.stringify(roles);
      return rule !== undefined && saysRoles && (roles === undefined) === (operation.security.length === 0) &&
        (roles ?? []).every((role) => operation.description.includes(`\`${role}\``));
    })).toEqual([]);
  });

  test('is in the reference for each rule of a route with a token', () => {
    const described = new Set(routes.map(({ method, path }) => `${method} ${router(path)}`));
    const guarded = Object.entries(accessRules)
      .filter(([, rule]) => rolesOf(rule) !== undefined)
      .map(([route]) => route);
    expect(guarded.filter((route) => !described.has(route))).toEqual([]);
  });

  test('has only problems that it can have', () => {
    const has = ({ operation }: Route, status: number) => String(status) in operation.responses;
    const guarded = (route: Route) => route.operation.security.length > 0;
    const hasCursor = ({ operation }: Route) =>
      operation.parameters?.some(({ name }) => /cursor|lastEventId/.test(name)) === true;
    expect(without((route) => !guarded(route) || [401, 403, 429, 503].every((status) => has(route, status)))).toEqual(
      [],
    );
    expect(
      without((route) => route.method !== 'GET' || has(route, 400) === hasCursor(route) || !guarded(route)),
    ).toEqual([]);
    expect(without((route) => !guarded(route) || !route.path.includes('{') || has(route, 404))).toEqual([]);
    const conflicting = routes.filter((route) => route.method === 'GET' && has(route, 409));
    expect(
      conflicting.flatMap(({ operation }) => Object.keys(operation.responses['409']?.headers ?? {})),
    ).not.toContain('Retry-After');
    expect(conflicting.map(({ operation }) => operation.operationId)).toEqual(['getZoneRanking', 'countBackfillSlots']);
    expect(without((route) => route.method !== 'GET' || ![413, 415].some((status) => has(route, status)))).toEqual([]);
  });

  test('names the headers of its answers', () => {
    const headers = ({ operation }: Route, status: string) => Object.keys(operation.responses[status]?.headers ?? {});
    const guarded = routes.filter(({ operation }) => operation.security.length > 0);
    for (const route of guarded) {
      for (const status of Object.keys(route.operation.responses)) {
        const always = ['Trace-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
        expect([route.path, status, headers(route, status)]).toEqual([
          route.path,
          status,
          expect.arrayContaining(always),
        ]);
      }
      expect(headers(route, '429')).toContain('Retry-After');
      expect(headers(route, '503')).toContain('Retry-After');
      if ('201' in route.operation.responses)
        expect([route.path, headers(route, '201')]).toEqual([route.path, expect.arrayContaining(['Location'])]);
      const hasKey = route.operation.parameters?.some(({ name }) => name === 'idempotency-key') === true;
      for (const status of ['200', '201'].filter((one) => hasKey && one in route.operation.responses)) {
        expect([route.path, headers(route, status)]).toEqual([
          route.path,
          expect.arrayContaining(['Idempotency-Replayed']),
        ]);
      }
    }
  });

  test('explains each header once, with its type', () => {
    const { headers } = document.components as unknown as {
      headers: Record<string, { description: string; schema: Schema }>;
    };
    const typeOf = (name: string) => headers[name]?.schema.type;
    expect([typeOf('RateLimit-Remaining'), typeOf('Retry-After'), typeOf('Location')]).toEqual([
      'integer',
      'integer',
      'string',
    ]);
    for (const { description } of Object.values(headers)) expect(description.length).toBeGreaterThan(10);
  });

  test('has truth values and numbers as such in its query', () => {
    const parameters = routes.flatMap(({ operation }) => operation.parameters ?? []);
    expect(
      parameters.filter(
        ({ schema }) => typeof (schema as { default?: unknown }).default === 'boolean' && schema.type !== 'boolean',
      ),
    ).toEqual([]);
    const open = routes.find(({ operation }) => operation.operationId === 'listPaymentMismatches')?.operation.parameters
      ?.find(({ name }) => name === 'open');
    expect(open?.schema).toMatchObject({ type: 'boolean', default: true });
    const odd = parameters.filter(({ schema }) => typeof schema.type !== 'string' && schema.anyOf === undefined);
    expect(odd).toEqual([]);
  });
});

test.for([['open=false', 500], ['open=true', 500], ['open=1', 422], ['open=FALSE', 422], ['open=', 422]] as const)(
  'a truth value in a query is true or false: ?%s is answered with %d',
  async ([query, status]) => {
    const reader = await signIn(createApp(appDeps(untouchable)), { roles: ['backoffice:read'] });
    const answer = await reader.get(`/backoffice/payment-mismatches?${query}`);
    expect(answer.status).toBe(status);
    if (status === 422)
      expect((await json(answer))['errors']).toEqual([
        { in: 'query', pointer: '/open', detail: 'must be one of true, false' },
      ]);
  },
);

describe('a schema of the reference', () => {
  const isReference = (schema: Schema | undefined) =>
    schema === undefined || schema.$ref !== undefined || schema.type === 'string';

  test('has a name: each body, each answer, and each object within', () => {
    const unnamed = routes.flatMap(({ operation }) =>
      [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) =>
        Object.values(one?.content ?? {})
          .filter(({ schema }) => !isReference(schema))
          .map(() => operation.operationId),
      ),
    );
    expect(unnamed).toEqual([]);
    const inline = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      [...schemasWithin(schema, name)].filter(
        ([way, { properties }]) => way !== name && properties !== undefined && !/^\w+\|\d+$/.test(way),
      ),
    );
    expect(inline.map(([way]) => way)).toEqual([]);
  });

  test('says what it is: nothing but a field that others may add is of any type', () => {
    const keys = ['$ref', 'type', 'anyOf', 'oneOf', 'allOf', 'const', 'enum'];
    const untyped = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      [...schemasWithin(schema, name)].filter(([way, part]) => !way.endsWith('{}') && !keys.some((key) => key in part)),
    );
    expect(untyped.map(([way]) => way)).toEqual([]);
    // Without it a generated client has an object that can have no field.
    const closed = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      [...schemasWithin(schema, name)].filter(
        ([, { type, properties, additionalProperties }]) =>
          [type].flat().includes('object') && properties === undefined && additionalProperties === undefined,
      ),
    );
    expect(closed.map(([way]) => way)).toEqual([]);
    const { payload } = document.components.schemas['InboxNotification']?.properties ?? {};
    expect(payload?.anyOf).toContainEqual({ $ref: '#/components/schemas/QuoteSentPayload' });
  });

  test('has an example for each field, which is valid, and no other field’s', () => {
    const validator = openValidator(document);
    const missing: string[] = [];
    const wrong: string[] = [];
    const ofAnother: string[] = [];
    for (const [owner, schema] of Object.entries(document.components.schemas)) {
      for (const [way, { properties = {} }] of schemasWithin(schema, owner)) {
        for (const [name, field] of Object.entries(properties)) {
          if (JSON.stringify(field).includes('$ref') || field.additionalProperties === false) continue;
          if (field.examples === undefined) missing.push(`${way}.${name}`);
          else if (!validator(field)(field.examples[0])) wrong.push(`${way}.${name}`);
          if (field.examples?.[0] === 'Clima Norte') ofAnother.push(`${way}.${name}`);
        }
      }
    }
    expect({ missing, wrong, ofAnother }).toEqual({ missing: [], wrong: [], ofAnother: [] });
  });

  test('has ranges of time whose example ends after it begins, and names of its own kind', () => {
    const first = ({ examples }: Schema) => String(examples?.[0]);
    const backwards: string[] = [];
    for (const [name, { properties = {} }] of Object.entries(document.components.schemas)) {
      for (const [start, end] of [['from', 'to'], ['periodStart', 'periodEnd'], ['startsOn', 'endsOn']] as const) {
        const [one, other] = [properties[start], properties[end]];
        if (one?.format === undefined || other?.format === undefined) continue;
        if (first(one) >= first(other)) backwards.push(`${name}.${start}`);
      }
    }
    expect(backwards).toEqual([]);
    const parameters = routes.flatMap(({ path, operation }) =>
      (operation.parameters ?? []).map(({ name, example }) => [path.split('/')[2], name, example]));
    const named = parameters
      .filter(([, name]) => name === 'name')
      .map(([kind, , example]) => `${String(kind)} ${String(example)}`);
    expect([...new Set(named)].toSorted()).toEqual(['jobs issue-invoices', 'templates quote-sent']);
    expect(
      parameters.filter(
        ([kind, name, example]) => kind === 'payments' && name === 'token' && String(example).startsWith('fcm'),
      ),
    ).toEqual([]);
    expect(document.components.schemas['Problem']?.properties).toMatchObject({ code: { examples: ['not-found'] } });
  });

  test('of a body has examples that the route accepts', async () => {
    const app = createApp(appDeps(untouchable));
    const refused: string[] = [];
    for (const { path, method, operation } of routes) {
      const { schema, example } = operation.requestBody?.content?.['application/json'] ?? {};
      const roles = operation['x-roles'];
      if (method !== 'POST' || schema === undefined || roles === undefined) continue;
      const tenantId = randomUUID();
      const { post } = await signIn(app, { roles: roles as never, tenantId });
      const name = path.includes('/jobs/') ? 'issue-invoices' : path.includes('/templates/') ? 'quote-sent' : tenantId;
      const body = example ?? composeExample(schema, document.components.schemas);
      const answer = await post(path.replaceAll(/\{\w+\}/g, name), body);
      // The database that the route asks next does not exist.
      if (answer.status !== 500) refused.push(`${operation.operationId} ${answer.status} ${await answer.text()}`);
    }
    expect(refused).toEqual([]);
  });
});
