import { expect, test } from 'vitest';
import { cure, plantPoison } from '../../../dev/chaos/poison.ts';
import { watchBy } from '../../support/alarmed.ts';
import { linkOf, operatorAt, textOf } from '../../support/operator-at.ts';
import { openShop, settled, startSystem } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { walkThrough } from '../../support/walk-through.ts';

const LETTERS = '/backoffice/ui/dead-letters';
const EACH = 3; // events of each kind of poison
const CURABLE = 'customerUserId invalid_format';

test('A poison message', { timeout: 120_000 }, async () => {
  const { step, end } = walkThrough('A poison message');
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 } });
  const { sql } = system;
  const [openTicket, { read, press, get, metric }, watched] = await Promise.all([openShop(system), operatorAt(system), watchBy(system)]);
  await openTicket();
  await settled(system);
  const [tenant] = await sql<{ tenantId: string; ownerUserId: string }[]>`select id as "tenantId", owner_user_id as "ownerUserId" from tenant`;
  const { tenantId = '', ownerUserId = '' } = tenant ?? {};
  const poison = await plantPoison(sql, { count: EACH, tenantId, ownerUserId });

  await step('1 The alert names the consumer', async () => {
    await watched.untilFired(['DeadLetters']);
    await until('all of it is dead', async () => (await metric('web', 'dead_letters')) === 4 * EACH, { deadlineMs: 30_000 });
    expect(await metric('web', 'dead_letters', { consumer: 'notify' })).toBe(2 * EACH);
  });

  let group = '';
  await step('2 Like failures are one group', async () => {
    const page = await read(LETTERS);
    const rows = page.split('<tr>').filter((row) => row.includes('notify') && row.includes(CURABLE));
    expect(textOf(rows[0] ?? '')).toContain(`${EACH} Permanent: payload of TicketCreated version 1: ${CURABLE}`);
    group = `${LETTERS}${linkOf(rows[0] ?? '', '3')}`;
  });

  await step('3 The timeline shows what happened', async () => {
    const page = await read(group);
    const [first = ''] = poison.curable;
    expect(poison.curable.filter((id) => !page.includes(`/backoffice/ui/events/${id}`))).toEqual([]);
    const timeline = textOf(await read(linkOf(page, first.slice(-12))));
    expect(timeline).toMatch(new RegExp(`count-daily-metrics.*${CURABLE}`));
  });

  await step('4 The cause is fixed', async () => {
    await cure(sql, poison);
  });

  let preview = '';
  await step('5 A preview says what a retry does', async () => {
    preview = linkOf((await read(group)).split('<table')[0] ?? '', 'Retry these');
    expect(textOf(await read(preview))).toMatch(/Deliveries 3 of events 3 of tenants 1 send something to people, or lead to it 3 /);
  });

  await step('6 A retry shows its progress', async () => {
    const { path } = await press(preview, { reason: 'the payload was repaired' });
    await until('all of it is consumed', async () => /On their way 0 Consumed 3 Dead again 0/.test(textOf(await read(path))), { deadlineMs: 30_000 });
    for (const id of poison.curable) {
      const { notifications } = await get<{ readonly notifications: readonly { readonly channel: string }[] }>(`/backoffice/notifications?eventId=${id}`);
      expect(notifications.map(({ channel }) => channel).toSorted()).toEqual(['email', 'email', 'inbox', 'inbox']); // customer and owner, once
    }
  });

  await step('7 What can never succeed is discarded', async () => {
    const discard = linkOf(await read(LETTERS), 'Discard these');
    const { page } = await press(discard, { reason: 'nobody can read it' });
    expect(textOf(page)).toContain(`Discarded ${3 * EACH}`);
  });

  await step('8 All of it is on record', async () => {
    expect(textOf(await read(LETTERS))).toContain('No delivery is dead.');
    await until('no dead letter is left', async () => (await metric('web', 'dead_letters')) === 0);
    await until('the alert ends', async () => !(await watched.active()).includes('DeadLetters'));
    const actions = textOf(await read('/backoffice/ui/actions'));
    expect(actions).toMatch(/discard-dead-letters .* nobody can read it .* retry-dead-letters .* the payload was repaired/);
  });
  end();
});
