import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appConfig, appDeps, signIn, ticketBody } from '../../support/app.ts';
import { openEarning } from '../../support/earning.ts';
import { STANDARD_PLAN } from '../../support/money.ts';
import { signInOperator } from '../../support/operator.ts';

test('operators see on one page what waits for a second one, and on another who used up a bound', async () => {
  const { sql, tenantId, ambassador } = await openEarning();
  const app = createApp(appDeps(sql, { config: { ...appConfig, BOUNDS: { tickets: 2 } } }));
  const [operator, customer] = [await signIn(app, { roles: ['backoffice:write'] }), await signIn(app)];
  await operator.post(`/backoffice/ambassadors/${ambassador.userId}/attributions`, { tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' });
  for (let time = 0; time < 3; time += 1) await customer.post('/tickets', ticketBody(tenantId));

  const reader = await signInOperator(app, 'backoffice:read');
  const approvals = await reader.read('/backoffice/ui/approvals');
  for (const text of ['attribute-tenant', ambassador.userId, operator.userId, '2026-01-01']) expect(approvals).toContain(text);
  const bounds = await reader.read('/backoffice/ui/bounds');
  for (const text of ['tickets', '2 / 2', `${customer.userId} ${tenantId}`]) expect(bounds).toContain(text);
});
