import { expect } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { findInvoice } from '../../src/store/invoices/invoices.ts';
import { appDeps, json, signInOperators } from './app.ts';
import { openBilling, slotOf } from './billing.ts';
import { runSlot } from './jobs.ts';

/** A tenant's invoices and notes with their lines, in the order of issue; a line is `<kind> <detail> <quantity> <amount>`. */
export async function documentsOf(sql: Sql, tenantId: string) {
  const rows = await sql<{ id: string }[]>`
    select id from invoice where tenant_id = ${tenantId} order by issued_at, kind desc, place
  `;
  const found = await Promise.all(rows.map(({ id }) => findInvoice(sql, id)));
  return found.flatMap((one) => (one === undefined ? [] : {
    id: one.id, kind: one.kind, month: one.periodStart.slice(0, 7), total: Number(one.total), replaces: one.replaces,
    lines: one.lines.map(({ kind, detail, quantity, amount }) => `${kind} ${detail} ${quantity} ${amount}`),
  }));
}

/** A tenant of a database of its own, an operator who corrects its invoices, and the slots that bill it. */
export async function openLedger() {
  const world = await openBilling();
  const { sql } = world;
  const app = createApp(appDeps(sql));
  const operator = await signInOperators(app);
  const tenantId = await world.tenant();
  return {
    ...world, app, operator, tenantId,
    /** Bills the month before, at its slot's time or later. */
    async issue(month: string, now = slotOf(month)): Promise<void> {
      const run = await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf(month), now });
      expect(run).toMatchObject({ outcome: 'caught-up' });
    },
    documents: () => documentsOf(sql, tenantId),
    /** The last invoice of a month. */
    async invoiceOf(month: string): Promise<string> {
      const invoices = (await documentsOf(sql, tenantId)).filter((one) => one.kind === 'invoice' && one.month === month);
      return invoices.at(-1)?.id ?? '';
    },
    async credit(invoiceId: string, body: object = {}) {
      const answer = await operator.post(`/backoffice/invoices/${invoiceId}/credit`, { reason: 'a wrong name', ...body });
      return { status: answer.status, note: await json(answer) };
    },
    async reissue(invoiceId: string) {
      const answer = await operator.post(`/backoffice/invoices/${invoiceId}/reissue`, {});
      return { status: answer.status, invoice: await json(answer) };
    },
    /** The sum of everything that the tenant was billed. */
    total: async () => (await documentsOf(sql, tenantId)).reduce((sum, one) => sum + one.total, 0),
  };
}
