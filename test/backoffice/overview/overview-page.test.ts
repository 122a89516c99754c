import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { contracts } from '../../../src/events/index.ts';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import { openQueue } from '../../../src/platform/queues.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';
import { commit, consume, die, enqueue, publishAll } from '../../support/outbox-rows.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';

async function setUp(queuesAreSeen = true) {
  const { sql } = await createDatabase();
  await registerSubscribers(sql, contracts, [{ name: 'count', on: [tenantCreated] }]);
  const { url, prefix } = redisPrefix();
  const queue = openQueue('count', { redis: await connectRedis(url), prefix });
  const app = createApp(appDeps(sql, { queues: async () => (queuesAreSeen ? [queue] : undefined), registry: new Registry() }));
  return { sql, queue, operator: await signInOperator(app) };
}

const text = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const figures = (page: string) =>
  Object.fromEntries([...page.matchAll(/<li class="tile.*?<\/li>/gs)].map(([tile]) => text(tile).trim()).map((tile) => {
    const [, name = '', figure = ''] = /^(.*?) ([\d–][\d.]*(?: (?:%|\/ \d+)|\u00a0\w+)?)$/.exec(tile) ?? [];
    return [name, figure];
  }));

test('what waits, is delivered, is dead and went wrong stands there at a glance', async () => {
  const { sql, queue, operator } = await setUp();
  const ids = [await commit(sql), await commit(sql), await commit(sql), await commit(sql)] as const;
  await publishAll(sql);
  await commit(sql);
  await consume(sql, 'count', ids[0]);
  await consume(sql, 'count', ids[1]);
  await die(sql, 'count', ids[2]);
  await enqueue(sql, queue, ids[3]);
  await sql`insert into job (name, planned_until) values ('a-job', now())`;
  await sql`insert into job_run (job_name, scheduled_for, outcome) values ('a-job', now() - interval '2 hours', 'failed'), ('a-job', now() - interval '1 hour', 'due')`;
  const page = await operator.read('/backoffice');
  expect(figures(page)).toMatchObject({
    Unpublished: '1', 'Can’t be published': '0', 'Delivered of the last hour': '75 %', 'Dead letters': '1',
    'Slots missed or failed, last day': '1', 'Slots overdue': '1', 'HTTP errors of this process': '0 / 0',
  });
  expect(text(page)).toMatch(/count trouble 1 \d+\s?ms 0 0 4 \(1 open\)/);
});

test('errors that the process answered with are counted', async () => {
  const { sql, operator } = await setUp();
  await operator.read('/backoffice');
  await sql`alter table operator_action rename to gone`;
  expect((await operator.get('/backoffice/ui/actions')).status).toBe(500);
  expect(figures(await operator.read('/backoffice'))).toMatchObject({ 'HTTP errors of this process': '1 / 2' });
});

test('the overview says that Redis is unavailable, and shows what is in PostgreSQL all the same', async () => {
  const { sql, operator } = await setUp(false);
  await commit(sql);
  const page = await operator.read('/backoffice');
  expect(page).toContain('Redis is unavailable');
  expect(figures(page)).toMatchObject({ Unpublished: '1' });
});

test('the overview names the channels whose provider refuses our account', async () => {
  const { sql, operator } = await setUp();
  const tried = async (channel: string, outcome: string, minutesAgo = 1) => {
    const id = crypto.randomUUID();
    await sql`
      insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, status)
      values (${id}, ${id}, ${id}, ${channel}, 'ticket-created', 1, 'es', '{}', 'queued')
    `;
    await sql`
      insert into notification_attempt (notification_id, attempt, outcome, at)
      values (${id}, 1, ${outcome}, clock_timestamp() - ${minutesAgo} * interval '1 minute')
    `;
  };
  await tried('email', 'unauthorized');
  await tried('email', 'unauthorized');
  await tried('push', 'unavailable');
  await tried('whatsapp', 'unauthorized', 11);
  const page = await operator.read('/backoffice');
  const notes = [...page.matchAll(/<p class="note bad" role="alert">.*?<\/p>/gs)].map(([note]) => text(note).trim());
  expect(notes).toEqual(['Its provider refuses our account, so that nothing leaves until somebody acts: email']);
  expect(page).toContain('/backoffice/ui/notifications?channel=email&amp;status=queued');
});
