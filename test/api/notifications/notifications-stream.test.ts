import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { openSse } from '../../support/sse.ts';
import { deliver, serve, someone } from '../../support/streaming.ts';
import { until } from '../../support/until.ts';

describe('the inbox’s stream', () => {
  test('brings each new notification as the list has it, and none of before', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { userId, token } = await someone();
    await deliver(sql, userId);
    const stream = await openSse({ url, token });
    expect(Object.fromEntries(stream.answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no',
    });
    const id = await deliver(sql, userId);
    await until('it has come', () => stream.events.length > 0);
    const list = await json(await (await signIn(createApp(appDeps(sql)), { userId })).get('/notifications/me?limit=1'));
    expect(stream.events.map(({ event, data }) => [event, data])).toEqual([['notification', (list['notifications'] as unknown[])[0]]]);
    expect(stream.lastId.startsWith(id)).toBe(true);
  });

  test('tells the user’s other devices what was read, by ids or up to one', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { userId, token } = await someone();
    const user = await signIn(createApp(appDeps(sql)), { userId });
    const [first, second] = [await deliver(sql, userId), await deliver(sql, userId)];
    const many = Array.from({ length: 501 }, () => uuidv7());
    for (const id of many) await deliver(sql, userId, { id });
    const stream = await openSse({ url, token });
    await user.post('/notifications/read', { ids: [first] });
    await until('the first mark has come', () => stream.events.length === 1);
    await user.post('/notifications/read', { upTo: second });
    await until('the second mark has come', () => stream.events.length === 2);
    await user.post('/notifications/read', { upTo: many.at(-1) });
    await until('the third mark has come', () => stream.events.length === 3);
    expect(stream.events.map(({ event, data }) => [event, data])).toEqual([
      ['read', { ids: [first] }], ['read', { ids: [second] }], ['read', { upTo: many.at(-1) }],
    ]);
  });

  test('brings nothing of another user, whatever position is given', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const [user, other] = [await someone(), await someone()];
    const foreign = await deliver(sql, other.userId);
    await sql`update notification set read_at = now(), status = 'read'`;
    const theirs = await openSse({ url, token: other.token });
    const streams = [
      await openSse({ url, token: user.token }),
      await openSse({ url, token: user.token, lastEventId: foreign }),
      await openSse({ url, token: user.token, lastEventId: theirs.lastId }),
    ];
    await deliver(sql, other.userId);
    const own = await deliver(sql, user.userId);
    for (const stream of streams) {
      await until('the own one has come', () => stream.events.length > 0);
      expect(stream.events.map(({ data }) => data['id'])).toEqual([own]);
    }
  });

  test('gives a sign of life at each beat', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const stream = await openSse({ url, token: (await someone()).token });
    await until('three beats', () => stream.beats >= 3);
    expect(stream.events).toEqual([]);
  });
});

describe('coming back', () => {
  test('with the last id brings what was missed, once, and what committed late under an older id', async () => {
    const { sql } = await createDatabase();
    const [first, second] = [await serve(sql), await serve(sql)];
    const { userId, token } = await someone();
    const [lateLive, lateAway] = [uuidv7(), uuidv7()];
    const stream = await openSse({ url: first.url, token });
    const newer = await deliver(sql, userId);
    await until('the newer one has come', () => stream.ids().includes(newer));
    await deliver(sql, userId, { id: lateLive });
    await until('the late one has come', () => stream.ids().includes(lateLive));
    await stream.close();
    await deliver(sql, userId, { id: lateAway });
    const missed = await deliver(sql, userId);

    const again = await openSse({ url: second.url, token, lastEventId: stream.lastId });
    await until('what was missed has come', () => again.ids().length >= 2);
    const last = await deliver(sql, userId);
    await until('what is new has come', () => again.ids().includes(last));
    expect(again.ids()).toEqual([lateAway, missed, last]);
  });

  test('again and again, to any process, while transactions commit in any order, brings each exactly once', async () => {
    const { sql } = await createDatabase();
    const urls = [(await serve(sql)).url, (await serve(sql)).url];
    const { userId, token } = await someone();
    let stream = await openSse({ url: urls[0] ?? '', token });
    const seen: string[] = [];
    const ids = Array.from({ length: 120 }, () => uuidv7());
    const shuffled = ids.toSorted(() => Math.random() - 0.5);
    for (const [index, id] of shuffled.entries()) {
      await deliver(sql, userId, { id });
      if (index % 10 !== 9) continue;
      await stream.close();
      seen.push(...stream.ids());
      stream = await openSse({ url: urls[index % 2] ?? '', token, lastEventId: stream.lastId });
    }
    await until(() => `all have come: ${seen.length + stream.ids().length}`, () => seen.length + stream.ids().length >= ids.length);
    const end = await deliver(sql, userId);
    await until('the end has come', () => stream.ids().includes(end));
    expect([...seen, ...stream.ids()].toSorted()).toEqual([...ids, end].toSorted());
  });

  test('after more than a stream brings is told so after 500, and goes on from now', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { userId, token } = await someone();
    const before = await deliver(sql, userId);
    const ids = Array.from({ length: 700 }, () => uuidv7());
    for (const id of ids) await deliver(sql, userId, { id });
    const stream = await openSse({ url, token, lastEventId: before });
    await until('the gap is told', () => stream.events.some(({ event }) => event === 'gap'));
    expect(stream.ids()).toEqual(ids.slice(0, 500));
    const next = await deliver(sql, userId);
    await until('what is new has come', () => stream.ids().includes(next));
    expect(stream.ids()).toEqual([...ids.slice(0, 500), next]);
    expect(stream.events.at(-2)?.event).toBe('gap');
  });

  test('goes on as the reader takes it, without another look at the clock', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql, { everyMs: 60_000 });
    const { userId, token } = await someone();
    const before = await deliver(sql, userId);
    const ids = Array.from({ length: 120 }, () => uuidv7());
    for (const id of ids) await deliver(sql, userId, { id, body: 'x'.repeat(20_000) });
    const stream = await openSse({ url, token, lastEventId: before });
    await until('all have come', () => stream.ids().length === ids.length);
    expect(stream.ids()).toEqual(ids);
  });

  test('works with ?lastEventId= too, and not with what is no position', async () => {
    const { sql } = await createDatabase();
    const { url } = await serve(sql);
    const { userId, token } = await someone();
    const [before, missed] = [await deliver(sql, userId), await deliver(sql, userId)];
    const stream = await openSse({ url: `${url}?lastEventId=${before}`, token });
    await until('what was missed has come', () => stream.events.length > 0);
    expect(stream.ids()).toEqual([missed]);
    expect((await openSse({ url, token, lastEventId: 'x' })).answer.status).toBe(400);
    expect((await openSse({ url: `${url}?lastEventId=x`, token, lastEventId: '' })).answer.status).toBe(400);
    expect((await openSse({ url: `${url}?lastEventId=x`, token })).answer.status).toBe(400);
    expect((await openSse({ url: `${url}?lastEventId=${'x'.repeat(4_001)}`, token })).answer.status).toBe(422);
    expect((await fetch(url)).status).toBe(401);
  });
});

describe('a stream ends', () => {
  test('when its token expires, and says so', async () => {
    const { sql } = await createDatabase();
    const userId = randomUUID();
    const expiresAt = new Date(Date.now() + 300);
    const caller = { userId, roles: new Set(['user'] as const), tenantId: undefined, verified: {}, expiresAt, tokenDigest: 'x', issuedAt: undefined };
    const { url } = await serve(sql, {}, { tokens: { verify: () => Promise.resolve(caller) } });
    const stream = await openSse({ url, token: 'x' });
    await stream.ended;
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect(stream.events).toEqual([{ id: stream.lastId, event: 'bye', data: { reason: 'the token has expired' } }]);
  });

  test('when its reader takes nothing, and gives back its place', async () => {
    const { sql } = await createDatabase();
    const { url, port } = await serve(sql, { perUser: 1 });
    const { userId, token } = await someone();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET /notifications/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    socket.pause();
    await until('its place is taken', async () => (await openSse({ url, token })).answer.status === 429);
    for (let made = 0; made < 200; made += 1) await deliver(sql, userId, { body: 'x'.repeat(100_000) });
    await until('its place is free', async () => (await openSse({ url, token })).answer.status === 200);
    socket.on('error', () => undefined).write('GET /livez HTTP/1.1\r\n');
    const isCut = () => (socket.write('X: x\r\n'), socket.destroyed); // writing is what tells a side that does not read
    await until('its connection is cut', isCut, { deadlineMs: 5_000 });
  });

  test('when its server stops, which it does not delay', async () => {
    const { sql } = await createDatabase();
    const { url, close } = await serve(sql);
    const stream = await openSse({ url, token: (await someone()).token });
    const began = performance.now();
    await close();
    await stream.ended;
    expect(performance.now() - began).toBeLessThan(900); // the server's patience is a second
    expect(stream.events).toMatchObject([{ event: 'bye', data: { reason: 'this server is stopping' } }]);
  });
});
