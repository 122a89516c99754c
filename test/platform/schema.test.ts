import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { forgottenTables } from '../../src/store/operations/history.ts';
import { deliverEmail } from '../../src/workers/deliver-email.ts';
import { notify } from '../../src/workers/notify.ts';
import { createDatabase } from '../support/database.ts';
import { openNotifying, ticketOpened } from '../support/notifying.ts';
import { until } from '../support/until.ts';

test('every foreign key has an index that finds the rows that point at a row', async () => {
  const { sql } = await createDatabase();
  const missing = await sql`
    select conrelid::regclass || ' (' || string_agg(attname, ', ' order by position) || ')' as key
    from pg_constraint
    cross join lateral unnest(conkey) with ordinality as part (attnum, position)
    join pg_attribute on attrelid = conrelid and pg_attribute.attnum = part.attnum
    where contype = 'f' and conparentid = 0
    group by pg_constraint.oid, conrelid, conkey
    having not exists (
      select from pg_index
      where indrelid = conrelid and indkey[0] = any (conkey)
        and (indpred is null or pg_get_expr(indpred, indrelid) ~ '^[(]\\w+ IS NOT NULL[)]$')
    )
    order by 1
  `;
  expect(missing.map(({ key }) => String(key))).toEqual([]);
});

test('a notification’s way to its provider stays in its page: its updates touch no index', async () => {
  const world = await openNotifying([deliverEmail, notify]);
  const { sql } = world;
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  const customerUserId = await world.person();
  await world.commit(...Array.from({ length: 50 }, () => ticketOpened(tenant, { customerUserId })));
  world.start();
  await world.settle();
  await sql`select pg_stat_force_next_flush()`;
  const updates = () => sql<{ all: number; hot: number }[]>`
    select n_tup_upd::integer as all, n_tup_hot_upd::integer as hot from pg_stat_user_tables where relname = 'notification'
  `;
  const [row] = await until('the statistics have arrived', async () => {
    const rows = await updates();
    return (rows[0]?.all ?? 0) >= 200 ? rows : undefined;
  });
  expect((row?.hot ?? 0) / (row?.all ?? 1)).toBeGreaterThan(0.8);
});

test('the page about tables has each of them once, and says how long it is kept', async () => {
  const { sql } = await createDatabase();
  const page = await readFile(new URL('../../docs/schema.md', import.meta.url), 'utf8');
  const rows = page.split('\n').flatMap((line) => {
    const [, names = '', , kept = ''] = line.split('|').map((cell) => cell.trim());
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, kept }));
  });
  const tables = await sql`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname !~ '_[0-9]{8}$' and relname <> 'schema_migration'
  `;
  expect(rows.map(({ name }) => name).toSorted()).toEqual(tables.map(({ name }) => String(name)).toSorted());
  for (const { table, daysKept } of forgottenTables) expect(rows.find(({ name }) => name === table)?.kept).toContain(`${daysKept} days`);
});
