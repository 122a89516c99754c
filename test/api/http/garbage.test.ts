import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps } from '../../support/app.ts';
import { near, nastyText, type Schema } from '../../support/arbitrary.ts';
import { createDatabase } from '../../support/database.ts';
import { makeToken } from '../../support/tokens.ts';

const RUNS_PER_ROUTE = 60;
const LONGEST_DELAY_MS = 200;

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json'?: { readonly schema: Schema } } };
}

/** Counts the rows of each table in one statement, again only when a transaction has written since. */
async function rowCounter(sql: Sql): Promise<() => Promise<string>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name !~ '_\\d{8}$'
      and table_name <> 'bound_use' -- a wrong code counts
  `;
  const counts = tables.map(({ name }) => `(select count(*) from ${name}) as ${name}`).join(', ');
  let [writes, rows] = ['', ''];
  return async () => {
    const [row] = await sql<{ writes: string }[]>`select pg_snapshot_xmax(pg_current_snapshot())::text as writes`;
    if (row?.writes !== writes) rows = JSON.stringify(await sql.unsafe(`select ${counts}`));
    writes = row?.writes ?? '';
    return rows;
  };
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

test('garbage sent to any route is refused as a problem, leaves no row and does not stop the loop', { timeout: 120_000 }, async () => {
  const { sql } = await createDatabase();
  const countRows = await rowCounter(sql);
  const app = createApp(appDeps(sql));
  const document = (await (await app.request('/openapi.json')).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  };
  const resolve = (reference: string) => document.components.schemas[reference.split('/').at(-1) ?? ''] ?? {};
  const token = await makeToken({ roles: ['user', 'tenant', 'backoffice:write'], tenantId: randomUUID() });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();

  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const body = requestBody?.content['application/json']?.schema;
      const request = fc.record({
        ids: fc.array(fc.oneof({ weight: 3, arbitrary: fc.uuid() }, nastyText), { minLength: 3, maxLength: 3 }),
        query: fc.record(Object.fromEntries(parameters.filter((one) => one.in === 'query').map((one) => [one.name, near(one.schema, resolve)])), { requiredKeys: [] }),
        body: body === undefined ? fc.constant(undefined) : near(body, resolve),
        key: fc.oneof({ weight: 5, arbitrary: fc.uuid() }, fc.string({ unit: fc.constantFrom('a', ' ', '\t', 'ä'), maxLength: 300 })),
      });
      await fc.assert(
        fc.asyncProperty(request, async (sent) => {
          const before = await countRows();
          let index = 0;
          const filled = path.replaceAll(/\{[^}]+\}/g, () => encodeURIComponent((sent.ids[index++ % 3] ?? '').toWellFormed()) || 'x');
          const search = new URLSearchParams(Object.fromEntries(Object.entries(sent.query).map(([name, value]) => [name, asText(value)])));
          const headers = new Headers({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' });
          if (/^[\t\x20-\x7e]*$/.test(sent.key)) headers.set('Idempotency-Key', sent.key);
          const response = await app.request(`${filled}?${search}`, {
            method: method.toUpperCase(),
            headers,
            ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
          });
          expect(response.status, `${method} ${path}`).toBeLessThan(500);
          if (response.status < 400) return;
          expect(response.headers.get('Content-Type')).toContain('application/problem+json');
          expect(await countRows()).toBe(before);
        }),
        { numRuns: RUNS_PER_ROUTE },
      );
    }
  }
  delay.disable();
  expect(delay.percentile(99) / 1e6).toBeLessThan(LONGEST_DELAY_MS);
});
