import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeError, type Logger, openLog } from '../../src/platform/log.ts';
import { createDatabase } from '../support/database.ts';

const SECRET = 'planted-secret';

/** What a log writes while it is used. */
function logged(use: (log: Logger) => void): string {
  const destination = new PassThrough();
  use(openLog({ process: 'test', level: 'info', destination }));
  return String(destination.read());
}

async function thrown(promise: PromiseLike<unknown>): Promise<Error> {
  return promise.then(() => new Error('it did not fail'), (error: Error) => error);
}

test('a line is JSON with its level, its process, its time and its data', () => {
  const text = logged((log) => log.child({ eventId: 'e' }).info({ count: 2 }, 'done'));
  const { time, ...line } = JSON.parse(text) as Record<string, unknown>;
  expect(line).toEqual({ level: 'info', process: 'test', eventId: 'e', count: 2, msg: 'done' });
  expect(Date.parse(String(time))).not.toBeNaN();
});

test.for(['email', 'to', 'phone', 'name', 'token', 'authorization', 'password', 'secret', 'payload', 'headers'])(
  'what stands under %s is cut out, where a careless object or a list of them carries it',
  (key) => {
    const carried = { [key]: SECRET };
    const lines = logged((log) => {
      log.info(carried, 'at the top');
      log.info({ user: carried, list: [carried] }, 'beneath');
      log.info({ answer: { user: carried } }, 'deep');
      log.info({ [key]: { inner: SECRET }, user: { [key]: [SECRET] } }, 'whole objects');
      log.child(carried).info('of a child');
      log.child({ user: carried }).info('beneath a child');
    });
    expect(lines.trim().split('\n')).toHaveLength(6);
    expect(lines).not.toContain(SECRET);
  },
);

test('of an error of PostgreSQL neither message, detail, query nor parameters are told', async () => {
  const { sql } = await createDatabase();
  await sql`create table person (email text, constraint person_email_new unique (email))`;
  await sql`insert into person values (${SECRET})`;
  const failing = [sql`insert into person values (${SECRET})`, sql`select ${SECRET}::text::uuid`];
  const errors = await Promise.all(failing.map(thrown));
  const lines = logged((log) => {
    for (const error of errors) log.error({ error }, 'failed');
  });
  expect(lines).not.toContain(SECRET);
  const told = lines.trim().split('\n').map((line) => (JSON.parse(line) as { readonly error: object }).error);
  expect(told).toEqual([
    { type: 'PostgresError', code: '23505', constraint: 'person_email_new', stack: expect.any(Array) },
    { type: 'PostgresError', code: '22P02', stack: expect.any(Array) },
  ]);
});

test('a message of several lines does not pass as frames of the stack', async () => {
  const { sql } = await createDatabase();
  const error = await thrown(sql`select ${`x\n    at ${SECRET} (file.ts:1:1)`}::text::integer`);
  expect(error.message).toContain(SECRET);
  const { stack } = describeError(error);
  expect(JSON.stringify(stack)).not.toContain(SECRET);
  expect(stack).not.toHaveLength(0);
});

test('a validator’s error is told without input, ours with its message, what is no error by its type', () => {
  const { error } = z.strictObject({}).safeParse({ [SECRET]: 1 });
  expect(error?.message).toContain(SECRET);
  expect(JSON.stringify(describeError(error))).not.toContain(SECRET);
  expect(describeError(new RangeError('our own words'))).toMatchObject({ type: 'RangeError', message: 'our own words' });
  expect(describeError(SECRET)).toEqual({ type: 'string' });
});
