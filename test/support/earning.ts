import { createApp } from '../../src/api/app.ts';
import { calculateCommissions } from '../../src/workers/calculate-commissions.ts';
import { appDeps, idOf, signIn, signInOperators, verifiedTenant } from './app.ts';
import { captured, deliver, refunded, STANDARD_PLAN } from './money.ts';
import { openNotifying } from './notifying.ts';
import { made } from './service.ts';

/** A tenant, its ambassador and the API over a database with `calculate-commissions`, which is not started. */
export async function openEarning() {
  const world = await openNotifying([calculateCommissions]);
  const { sql } = world;
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  const operator = await signInOperators(app);
  const ambassador = await signIn(app);
  const report = async (body: object) => {
    const answer = await deliver(app, body);
    if (!answer.ok) throw new Error(`the report was answered ${answer.status}: ${await answer.text()}`);
  };
  return {
    ...world, app, tenantId, owner, operator, ambassador,
    attribute: (facts: object = {}) =>
      made(operator, `/backoffice/ambassadors/${ambassador.userId}/attributions`, {
        tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01', ...facts,
      }),
    capture: (facts: object = {}) => report(captured(tenantId, facts)),
    refund: (facts: object = {}) => report(refunded(tenantId, facts)),
    /** Opens a dispute of a payment by the provider's id and decides it. */
    async dispute(providerPaymentId: string, outcome: 'won' | 'lost') {
      const [payment] = await sql<{ id: string }[]>`
        select id from payment where provider_payment_id = ${providerPaymentId}
      `;
      const opened = await owner.post(`/tenants/${tenantId}/disputes`, { paymentId: payment?.id, reason: 'not ours' });
      const id = await idOf(opened);
      await made(operator, `/backoffice/disputes/${id}/resolve`, { outcome });
    },
    /** `<kind> <minor>` of each line, oldest first; ids left out of the kinds. */
    async ledger() {
      const rows = await sql<{ kind: string; minor: string }[]>`
        select kind, amount_minor as minor from commission order by created_at, id
      `;
      return rows.map(({ kind, minor }) => `${kind.split(':')[0]} ${minor}`);
    },
    /** The ids of the committed events of a type. */
    async eventIds(type: string) {
      const rows = await sql<{ id: string }[]>`select id from outbox_event where event_type = ${type} order by id`;
      return rows.map(({ id }) => id);
    },
  };
}
