import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { signIn, type Client } from './app.ts';
import { openEarning } from './earning.ts';
import { runSlot } from './jobs.ts';
import { STANDARD_PLAN } from './money.ts';

/** An ambassador who works for the tenant that they earn from, entered as it was before the API refused it. */
export async function openJudging({ startsOn = '2026-01-01', endsOn = null }: { readonly startsOn?: string; readonly endsOn?: string | null } = {}) {
  const world = await openEarning();
  const { sql, app, tenantId, ambassador, operator } = world;
  const attributionId = randomUUID();
  await sql`
    insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
    values (${attributionId}, ${tenantId}, ${ambassador.userId}, ${STANDARD_PLAN}, ${startsOn}, ${endsOn}, now() - interval '3 days')
  `;
  await sql`
    insert into tenant_member (tenant_id, user_id, role, joined_at) values (${tenantId}, ${ambassador.userId}, 'member', now())
  `;
  world.start();
  const decide = (by: Client, caseId: string, how: string, body: object) => by.post(`/backoffice/fraud-cases/${caseId}/${how}`, body);
  return {
    ...world, attributionId,
    async earn(day: string, amountMinor = 200_000) {
      await world.capture({ paymentId: `pay_${day}`, occurredAt: `${day}T18:00:00Z`, amountMinor });
      await world.settle();
    },
    /** The case that a night opens about the ambassador, or about the ring with the owner. */
    async suspect(subject: 'ambassador' | 'ring' = 'ambassador') {
      const job = subject === 'ring' ? detectFraudPatterns : scoreFraud;
      await runSlot(sql, job, { ports: {} });
      const [found] = await sql<{ id: string }[]>`select id from fraud_case where subject_kind = ${subject} and status = 'open'`;
      return found?.id ?? expect.fail();
    },
    confirm: (caseId: string, by: Client = operator) => decide(by, caseId, 'resolve', { verdict: 'confirmed', reason: 'own tenant' }),
    dismiss: (caseId: string) => decide(operator, caseId, 'resolve', { verdict: 'dismissed', reason: 'a family' }),
    settleCase: (caseId: string, by: Client = operator) => decide(by, caseId, 'settle', { reason: 'agreed' }),
    reverse: (caseId: string, by: Client = operator) => decide(by, caseId, 'reverse', { reason: 'a mistake' }),
    close: (period: object) => operator.post('/backoffice/payout-cycles/close', { ...period, ambassadorUserId: ambassador.userId }),
    async balance() {
      const [row] = await sql<[{ minor: number }]>`
        select coalesce(sum(amount_minor), 0)::integer as minor from commission where ambassador_user_id = ${ambassador.userId}
      `;
      return row.minor;
    },
    async endsOn() {
      const [row] = await sql<{ day: string | null }[]>`select ends_on::text as day from attribution where id = ${attributionId}`;
      return row?.day;
    },
    reader: await signIn(app, { roles: ['backoffice:read'] }),
    other: await signIn(app, { roles: ['backoffice:write'] }),
  };
}
