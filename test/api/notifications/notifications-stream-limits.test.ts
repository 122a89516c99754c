import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openInboxStreams } from '../../../src/api/notifications/inbox-streams.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openPostgres } from '../../../src/platform/postgres.ts';
import { createDatabase } from '../../support/database.ts';
import { openSse } from '../../support/sse.ts';
import { serve, someone } from '../../support/streaming.ts';
import { until } from '../../support/until.ts';

const log = openLog({ process: 'test', level: 'silent' });

describe('too many streams', () => {
  test('of one user are refused with 429 until one ends', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { token } = await someone();
    const open = await Promise.all(Array.from({ length: 5 }, () => openSse({ url, token })));
    const { answer } = await openSse({ url, token });
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([429, '15']);
    expect((await openSse({ url, token: (await someone()).token })).answer.status).toBe(200);
    await open[0]?.close();
    await until('there is room', async () => (await openSse({ url, token })).answer.ok);
  });

  test('of one process are refused with 503', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql, { perProcess: 1 });
    expect((await openSse({ url, token: (await someone()).token })).answer.status).toBe(200);
    const { answer } = await openSse({ url, token: (await someone()).token });
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '2']);
  });

  test('are not opened by HEAD', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql, { perUser: 1 });
    const { token } = await someone();
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(200);
    expect((await openSse({ url, token })).answer.status).toBe(200);
  });

  test('are not left over by those that could not be opened', async () => {
    const { sql } = await createDatabase();
    const away = openPostgres({ url: 'postgres://nobody@127.0.0.1:1/none', name: 'test', connections: 1 });
    onTestFinished(() => away.end());
    const streams = openInboxStreams({ sql: away, log, registry: new Registry(), perUser: 1 });
    const { url } = await serve(sql, {}, { inboxStreams: streams });
    const { token } = await someone();
    for (let tries = 0; tries < 3; tries += 1) expect((await openSse({ url, token })).answer.status).toBe(503);
  });
});
