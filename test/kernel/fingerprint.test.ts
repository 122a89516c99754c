import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { fingerprint } from '../../src/kernel/fingerprint.ts';
import { createDatabase } from '../support/database.ts';

const SECRET = 'ana@example.com';

function missing(what: string): Error {
  return new Error(`no ${what}`);
}

test('the same error about other ids and numbers has the same fingerprint', () => {
  const errors = [1, 2].map((number) => missing(`invoice ${number * 1_234} of tenant ${randomUUID()}`));
  const [one, other] = errors.map(fingerprint);
  expect(one?.error).not.toBe(other?.error);
  expect(one?.fingerprint).toBe(other?.fingerprint);
  expect(one?.fingerprint).toMatch(/^[0-9a-f]{12}$/);
});

test('another message, type or place is another fingerprint', () => {
  const elsewhere = () => new Error('no invoice 1');
  const all = [missing('invoice 1'), missing('tenant 1'), new TypeError('no invoice 1'), elsewhere()].map(fingerprint);
  expect(new Set(all.map((failure) => failure.fingerprint)).size).toBe(4);
});

test('of an error of PostgreSQL its code and constraint are told, and no value of a row', async () => {
  const { sql } = await createDatabase();
  await sql`create table person (email text not null, constraint person_email_new unique (email))`;
  await sql`insert into person values (${SECRET})`;
  const cast = (text: string) => sql`select ${text}::text::uuid`;
  const failures = [sql`insert into person values (${SECRET})`, cast(SECRET), cast(`x\n  at ${SECRET}`)];
  const settled = await Promise.allSettled(failures);
  const told = settled.map((one) => fingerprint((one as PromiseRejectedResult).reason as Error));
  expect(told.map(({ error }) => error)).toEqual([
    'PostgresError: 23505: person_email_new', 'PostgresError: 22P02', 'PostgresError: 22P02',
  ]);
  expect(told[1]?.fingerprint).toBe(told[2]?.fingerprint);
});

test('of a validator’s error nothing but its kind is told', () => {
  const { error } = z.object({ age: z.literal(7) }).strict().safeParse({ age: 8, [SECRET]: 1 });
  expect(fingerprint(error as Error).error).toBe('ZodError');
});

test('an endless message is cut, and one that PostgreSQL could not hold is made storable', async () => {
  const { sql } = await createDatabase();
  const { error } = fingerprint(new Error(`answer \0 ${'x'.repeat(10_000)}`));
  expect(error).toHaveLength(500);
  expect(await sql`select ${error} as error`).toEqual([{ error }]);
});
