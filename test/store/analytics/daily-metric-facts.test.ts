import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { correctFigures } from '../../../src/store/analytics/daily-metric-differences.ts';
import { factSources } from '../../../src/store/analytics/daily-metric-facts.ts';
import { calculateCommissions } from '../../../src/workers/calculate-commissions.ts';
import { chargeForPerformance } from '../../../src/workers/charge-for-performance.ts';
import { countDailyMetrics } from '../../../src/workers/count-daily-metrics.ts';
import { appDeps, signIn, signInOperators } from '../../support/app.ts';
import { captured, deliver, failed, refunded, STANDARD_PLAN } from '../../support/money.ts';
import { openNotifying } from '../../support/notifying.ts';
import {
  approvedTicket, inDays, joined, leadBody, made, placeBody, publishedListing, reviewedTicket,
} from '../../support/service.ts';

const DAY_MS = 86_400_000;

test('after everything that the API can do, every figure is what its facts say', { timeout: 60_000 }, async () => {
  const world = await openNotifying([calculateCommissions, chargeForPerformance, countDailyMetrics]);
  const { sql } = world;
  const app = createApp(appDeps(sql));
  const operator = await signInOperators(app);
  const ambassador = await signIn(app);
  const tenant = await publishedListing(app);
  const { tenantId, owner, branchId, listingId } = tenant;
  world.start();

  await made(owner, `/branches/${branchId}`, { ...placeBody, zone: 'condesa' });
  const visits = ['v1', 'v2', 'v3'].flatMap((visitorId) =>
    ['view', 'whatsapp-click'].map((kind) => ({ listingId, kind, visitorId })),
  );
  await made(await signIn(app, { roles: ['frontend'] }), '/analytics/visits', { visits });
  await made(await signIn(app), `/listings/${listingId}/flags`, { reason: 'x' });
  const lead = await made(await signIn(app), `/tenants/${tenantId}/leads`, leadBody);
  for (const status of ['contacted', 'qualified', 'won']) await made(owner, `/leads/${lead}/status`, { status });

  await reviewedTicket(app, { tenant });
  const { ticketId, customer } = await approvedTicket(app, tenant);
  const visit = await made(owner, `/tickets/${ticketId}/appointments`, { startsAt: inDays(2) });
  await made(owner, `/appointments/${visit}/move`, { startsAt: inDays(3) });
  await made(owner, `/tickets/${ticketId}/appointments`, { startsAt: inDays(4) });
  await made(owner, `/appointments/${visit}/cancel`, { reason: 'x' });
  const marco = await joined(app, tenant);
  await made(owner, `/tickets/${ticketId}/assign`, { assigneeUserId: marco });
  await made(customer, `/tickets/${ticketId}/close`, { outcome: 'cancelled' });
  const { reviewId } = await reviewedTicket(app, { tenant, verified: false, rating: 1 });
  await made(operator, '/backoffice/moderation', { target: 'review', targetId: reviewId, action: 'hide', reason: 'x' });

  const today = new Date().toISOString().slice(0, 10);
  await made(owner, `/tenants/${tenantId}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn: today });
  const attribution = { tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' };
  await made(operator, `/backoffice/ambassadors/${ambassador.userId}/attributions`, attribution);
  const reports = [
    failed(tenantId), captured(tenantId), captured(tenantId, { paymentId: 'pay_2', amountMinor: 777 }),
    refunded(tenantId, { amountMinor: 900 }), failed(tenantId, { paymentId: 'pay_3' }),
  ];
  for (const report of reports) expect((await deliver(app, report)).ok).toBe(true);
  await world.settle();
  const [charge] = await sql<{ id: string }[]>`select id from performance_charge`;
  const dispute = await made(owner, `/tenants/${tenantId}/disputes`, { chargeId: charge?.id, reason: 'x' });
  await made(operator, `/backoffice/disputes/${dispute}/resolve`, { outcome: 'won' });
  await world.settle();

  const figures = await sql<{ metric: string }[]>`select distinct metric from daily_metric where metric !~ '_minor_' order by 1`;
  expect(figures.map(({ metric }) => metric)).toEqual(factSources.flatMap((source) => source.figures).toSorted());
  const period = { start: new Date(Date.now() - DAY_MS), end: new Date(Date.now() + 2 * DAY_MS) };
  const correct = async () => {
    let corrected = 0;
    for (const source of factSources) {
      const correction = { source, consumer: countDailyMetrics.name, period, late: [], slot: period.end };
      corrected += await transaction(sql, (tx) => correctFigures(tx, correction));
    }
    return corrected;
  };
  expect(await correct()).toBe(0);
  const { count } = await sql`update daily_metric set value = value + 1`;
  expect(await correct()).toBe(count);
});
