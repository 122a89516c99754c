import { expect, test } from 'vitest';
import type { Finding } from '../../../src/platform/finding.ts';
import { watchBy } from '../../support/alarmed.ts';
import { findingOf } from '../../support/findings.ts';
import { operatorAt, textOf } from '../../support/operator-at.ts';
import { isolatedRedis } from '../../support/redis.ts';
import { openShop, settled, startSystem, wrongEffects } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { walkThrough } from '../../support/walk-through.ts';

test('Redis lost everything', { timeout: 120_000 }, async () => {
  const { step, end } = walkThrough('Redis lost everything');
  const redis = await isolatedRedis();
  const system = await startSystem({ formation: { web: 1, relay: 2, worker: 1 }, redisUrl: redis.url });
  const [openTicket, { read, get, metric }, watched] = await Promise.all([openShop(system), operatorAt(system), watchBy(system)]);
  const diagnosis = async (check: string) => findingOf((await get<{ readonly findings: readonly Finding[] }>('/backoffice/doctor')).findings, check);
  await settled(system);
  system.kill('worker.1', 'SIGSTOP');
  await Promise.all([openTicket(), openTicket(), openTicket()]);
  await until('the queue holds them', async () => (await metric('web', 'deliveries_queued', { consumer: 'notify' })) === 3, { deadlineMs: 30_000 });

  await step('1 The alert says that Redis is unavailable', async () => {
    redis.kill('SIGKILL');
    await watched.untilFired(['BacklogUnreadable']);
    expect(textOf(await read('/backoffice'))).toContain('Redis is unavailable');
    expect(await diagnosis('redis')).toMatchObject({ verdict: 'problem', todo: expect.stringContaining('Start it') });
  });

  await step('2 Clients notice nothing', async () => {
    await openTicket();
    await until('its event waits', async () => (await metric('web', 'outbox_events', { status: 'pending' })) === 1);
  });

  await step('3 Redis is started again', () => redis.restart());

  await step('4 The relays notice', async () => {
    await until('a relay says so', () => system.lines.some(({ process, text }) => process.startsWith('relay') && text.includes('redis lost batches')), { deadlineMs: 30_000 });
    // Two relays may notice at the same moment: then some are published twice, and one of the two is recognised.
    await until('what was lost is published again', async () => (await metric('relay', 'deliveries_republished_total', { consumer: 'notify' })) >= 3, { deadlineMs: 30_000 });
  });

  await step('5 The jobs’ schedulers are set again', async () => {
    expect((await diagnosis('schedulers')).verdict).toBe('warning');
    system.kill('worker.1', 'SIGCONT');
    await until('every job has an alarm', async () => (await diagnosis('schedulers')).verdict === 'fine', { deadlineMs: 40_000 });
  });

  await step('6 Every effect happened once', async () => {
    await settled(system);
    expect(textOf(await read('/backoffice'))).toContain('Delivered of the last hour 100 %');
    expect(await wrongEffects(system)).toEqual([]);
  });
  end();
});
