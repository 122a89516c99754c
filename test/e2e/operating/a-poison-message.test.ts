import { expect, test } from 'vitest';
import { plantPoison } from '../../../dev/chaos/poison.ts';
import { watchBy } from '../../support/alarmed.ts';
import { ticketBody } from '../../support/app.ts';
import { linkOf, operatorAt, textOf } from '../../support/operator-at.ts';
import { openShop, post, settled, someone, startSystem } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { walkThrough } from '../../support/walk-through.ts';

const LETTERS = '/backoffice/ui/dead-letters';
const EACH = 3; // events of each kind of poison

test('A poison message', { timeout: 120_000 }, async () => {
  const { step, end } = walkThrough('A poison message');
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 } });
  const { sql, issueToken } = system;
  const [openTicket, { read, press, get, metric }, watched] = await Promise.all([openShop(system), operatorAt(system), watchBy(system)]);
  await openTicket();
  await settled(system);
  const [tenant] = await sql<{ tenantId: string; ownerUserId: string }[]>`select id as "tenantId", owner_user_id as "ownerUserId" from tenant`;
  const { tenantId = '', ownerUserId = '' } = tenant ?? {};
  const poison = await plantPoison(sql, { count: EACH, tenantId, ownerUserId });

  await step('1 The alert names the consumer', async () => {
    await watched.untilFired(['DeadLetters']);
    await until('all of it is dead', async () => (await metric('web', 'dead_letters')) === 3 * EACH, { deadlineMs: 30_000 });
    expect(await metric('web', 'dead_letters', { consumer: 'notify' })).toBe(2 * EACH);
  });

  let group = '';
  await step('2 Like failures are one group', async () => {
    const page = await read(LETTERS);
    const rows = page.split('<tr>').filter((row) => row.includes('notify') && row.includes('no contact'));
    expect(textOf(rows[0] ?? '')).toMatch(/^ ?3 Permanent: a user to be told has no contact .* notify TicketCreated 1 /);
    group = `${LETTERS}${linkOf(rows[0] ?? '', '3')}`;
  });

  await step('3 The timeline shows what happened', async () => {
    const page = await read(group);
    const [first = ''] = poison.curable;
    expect(poison.curable.filter((id) => !page.includes(`/backoffice/ui/events/${id}`))).toEqual([]);
    const timeline = textOf(await read(linkOf(page, first.slice(-12))));
    expect(timeline).toMatch(/count-daily-metrics.*no contact|no contact.*count-daily-metrics/);
  });

  await step('4 The cause is fixed', async () => {
    const customer = { ...someone(), userId: poison.curableUserId };
    await post(system, { token: await issueToken(customer, { roles: ['user'] }), path: '/tickets', body: { ...ticketBody(tenantId), contact: customer.contact } });
  });

  let preview = '';
  await step('5 A preview says what a retry does', async () => {
    preview = linkOf((await read(group)).split('<table')[0] ?? '', 'Retry these');
    expect(textOf(await read(preview))).toMatch(/Deliveries 3 of events 3 of tenants 1 send something to people, or lead to it 3 /);
  });

  await step('6 A retry shows its progress', async () => {
    const { path } = await press(preview, { reason: 'the contact has come' });
    await until('all of it is consumed', async () => /On their way 0 Consumed 3 Dead again 0/.test(textOf(await read(path))), { deadlineMs: 30_000 });
    for (const id of poison.curable) {
      const { notifications } = await get<{ readonly notifications: readonly { readonly channel: string }[] }>(`/backoffice/notifications?eventId=${id}`);
      expect(notifications.map(({ channel }) => channel).toSorted()).toEqual(['email', 'email', 'inbox', 'inbox']); // customer and owner, once
    }
  });

  await step('7 What can never succeed is discarded', async () => {
    const discard = linkOf(await read(LETTERS), 'Discard these');
    const { page } = await press(discard, { reason: 'nobody can read it' });
    expect(textOf(page)).toContain(`Discarded ${2 * EACH}`);
  });

  await step('8 All of it is on record', async () => {
    expect(textOf(await read(LETTERS))).toContain('No delivery is dead.');
    await until('no dead letter is left', async () => (await metric('web', 'dead_letters')) === 0);
    await until('the alert ends', async () => !(await watched.active()).includes('DeadLetters'));
    const actions = textOf(await read('/backoffice/ui/actions'));
    expect(actions).toMatch(/discard-dead-letters .* nobody can read it .* retry-dead-letters .* the contact has come/);
  });
  end();
});
