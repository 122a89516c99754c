import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { accessRules, findRule, rolesOf } from '../../../src/api/http/access-rules.ts';
import { createApp } from '../../../src/api/app.ts';
import { bounds } from '../../../src/domain/bounds.ts';
import { ROLES, type Role } from '../../../src/api/http/roles.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const app = createApp(appDeps(untouchable));
const routes = [...new Set(app.routes.filter(({ path }) => path !== '/*').map(({ method, path }) => `${method} ${path}`))]
  .map((route) => route.split(' ') as [string, string]);

describe('the access rules', () => {
  test('have a row for every route, which says whom a write affects', () => {
    expect(routes.length).toBeGreaterThan(100);
    expect(routes.filter(([method, path]) => findRule(method, path) === undefined)).toEqual([]);
  });

  test('have no row without a route', () => {
    const known = new Set(routes.map((route) => route.join(' ')));
    const shared = new Set(['GET /backoffice/ui/*', 'POST /backoffice/ui/*']);
    expect(Object.keys(accessRules).filter((row) => !known.has(row) && !shared.has(row))).toEqual([]);
  });

  test('name at least one role for every write with a bearer token', () => {
    const writes = Object.entries(accessRules).filter(([row]) => row.startsWith('POST '));
    expect(writes.filter(([, rule]) => rolesOf(rule)?.length === 0)).toEqual([]);
  });

  test('name every bound', () => {
    const named = new Set(Object.values(accessRules).flatMap((rule) => rule.bounds));
    expect([...named].toSorted()).toEqual(Object.keys(bounds).toSorted());
  });

  test('are in the reference', async () => {
    const { paths } = (await json(await app.request('/openapi.json'))) as {
      paths: Record<string, Record<string, { description?: string }>>;
    };
    expect(paths['/tickets']?.['post']?.description).toContain('Roles: `user`.');
  });

  test('let nobody in where there is none', () => {
    expect(findRule('POST', '/anything')).toBeUndefined();
    expect(findRule('DELETE', '/tickets')).toBeUndefined();
    expect(findRule('POST', 'constructor')).toBeUndefined();
  });
});

describe('a token without the role', () => {
  const guarded = routes.flatMap(([method, path]) => {
    const rule = findRule(method, path);
    const roles = rule && rolesOf(rule);
    return roles === undefined ? [] : [{ method, path, roles }];
  });
  const kinds: readonly (readonly Role[])[] = [[], ...ROLES.map((role) => [role])];

  test.each(guarded)('gets 403 from $method $path, and nothing is read or written', async ({ method, path, roles }) => {
    for (const kind of kinds) {
      const granted = kind.includes('backoffice:write') ? [...kind, 'backoffice:read'] : kind;
      if (roles.some((role) => granted.includes(role))) continue;
      const tenant = kind.includes('tenant') ? { tenantId: randomUUID() } : {};
      const client = await signIn(app, { roles: kind, ...tenant });
      const address = path.replaceAll(/:\w+/g, randomUUID());
      const answer = await (method === 'GET' ? client.get(address) : client.post(address, {}));
      expect([kind, answer.status]).toEqual([kind, 403]);
    }
  });

  test('gets in with the role', async () => {
    const { sql } = await createDatabase();
    const open = createApp(appDeps(sql));
    for (const { method, path, roles } of guarded) {
      if (method !== 'GET' || path === '/notifications/stream') continue;
      const client = await signIn(open, { roles, tenantId: randomUUID() });
      const { status } = await client.get(path.replaceAll(/:\w+/g, randomUUID()));
      expect([path, status, status === 403]).toEqual([path, status, false]);
    }
  });
});
