import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { onTestFinished } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { type InboxStreamsOptions, openInboxStreams } from '../../src/api/notifications/inbox-streams.ts';
import { startServer } from '../../src/api/http/server.ts';
import { openLog } from '../../src/platform/log.ts';
import type { Db, Sql } from '../../src/platform/postgres.ts';
import { appDeps } from './app.ts';
import { makeToken } from './tokens.ts';

const log = openLog({ process: 'test', level: 'silent' });

/** A web process's app on a socket. It looks by itself every 20 ms unless told otherwise. */
export async function serve(sql: Sql, options: Partial<InboxStreamsOptions> = {}, overrides: Parameters<typeof appDeps>[1] = {}) {
  const inboxStreams = openInboxStreams({ sql, log, registry: new Registry(), everyMs: 20, ...options });
  const server = await startServer(createApp(appDeps(sql, { inboxStreams, ...overrides })), 0);
  const close = async () => {
    inboxStreams.close();
    await server.close(1_000);
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${server.port}/notifications/stream`, port: server.port, close };
}

/** Puts a notification into a user's inbox. */
export async function deliver(db: Db, userId: string, { id = uuidv7(), body = 'Hay un ticket.' } = {}): Promise<string> {
  await db`
    insert into notification (
      id, event_id, user_id, channel, template, template_version, locale, payload, body, status
    )
    values (${id}, ${uuidv7()}, ${userId}, 'inbox', 'ticket-created', 1, 'es', '{}', ${body}, 'delivered')
  `;
  return id;
}

/** Somebody with a token. */
export async function someone() {
  const userId = randomUUID();
  return { userId, token: await makeToken({ userId }) };
}
