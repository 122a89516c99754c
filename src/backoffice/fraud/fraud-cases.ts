import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps, Env } from '../../api/http/context.ts';
import { cursor, limit, line, uuid } from '../../api/http/fields.ts';
import { moneyView } from '../../api/http/money-fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { assertDisinterested, awaitSecondOperator } from '../../api/http/second-operator.ts';
import { commissioned, type Commission } from '../../domain/earnings/commission.ts';
import { resolveCase, reverseCase, settleCase, type FraudCase } from '../../domain/fraud/fraud-case.ts';
import type { Tx } from '../../platform/postgres.ts';
import { describeCaseAttributions } from '../../store/fraud/case-attributions.ts';
import { findCase, findCaseToChange, isRingMember, listCases, saveDecision } from '../../store/fraud/fraud-cases.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { executeVerdict, undoVerdict } from '../../store/fraud/verdicts.ts';

const SCOPE = 'fraud cases';

const subject = z.enum(['tenant', 'ambassador', 'reviewer', 'ring']);
const status = z.enum(['open', 'dismissed', 'confirmed', 'reversed']);
const scored = z.enum(['tenant', 'ambassador', 'reviewer']);

const summary = z.object({
  id: uuid,
  subject,
  subjectId: uuid,
  openedAt: z.iso.datetime(),
  score: z.int(),
  status,
  resolvedAt: z.iso.datetime().nullable(),
  resolvedBy: uuid.nullable(),
  reason: z.string().nullable(),
  settledAt: z.iso.datetime().nullable(),
  settledBy: uuid.nullable(),
  settledReason: z.string().nullable(),
  reversedAt: z.iso.datetime().nullable(),
  reversedBy: uuid.nullable(),
  reversedReason: z.string().nullable(),
}).openapi('FraudCaseSummary');

const caseView = summary
  .extend({
    evidence: z.union([
      z.object({ components: z.record(z.string(), z.object({ value: z.int(), points: z.int() })) }),
      z.object({
        users: z.int(),
        isSelfDealing: z.boolean(),
        links: z.record(z.string(), z.int()).openapi({ description: 'Pairs of its users that share something of that kind.' }),
        members: z.array(z.object({ subject: scored, id: uuid })),
      }),
    ]),
  })
  .openapi('FraudCase');

const list = readRoute({
  path: '/backoffice/fraud-cases',
  id: 'listFraudCases',
  summary: 'List fraud cases',
  description: 'Newest first.',
  params: none,
  query: z.strictObject({
    subject: subject.optional(),
    status: status.optional(),
    minScore: z.coerce.number().int().min(0).max(1_000).optional().openapi({ type: 'integer' }),
    limit,
    cursor,
  }),
  answer: z.object({ cases: z.array(summary), nextCursor: z.string().nullable() }),
});

const params = z.object({ id: uuid });

const read = readRoute({
  path: '/backoffice/fraud-cases/{id}',
  id: 'getFraudCase',
  summary: 'Get a fraud case',
  description: 'With its evidence, and the attributions that it is about with what was paid out.',
  params,
  query: none,
  answer: caseView.extend({
    attributions: z.array(z.object({
      id: uuid, tenantId: uuid, ambassadorUserId: uuid, isStopped: z.boolean(), paid: z.array(moneyView),
    })),
  }).openapi('FraudCaseDetail'),
});

const resolve = writeRoute({
  path: '/backoffice/fraud-cases/{id}/resolve',
  id: 'resolveFraudCase',
  summary: 'Resolve a fraud case',
  description: 'A confirmed case stops its attributions, takes back what was not paid out, and holds payouts.',
  params,
  body: z.strictObject({ verdict: z.enum(['confirmed', 'dismissed']), reason: line(500) }),
  status: 200,
  answer: caseView,
  needsSecondOperator: true,
});

const settle = writeRoute({
  path: '/backoffice/fraud-cases/{id}/settle',
  id: 'settleFraudCase',
  summary: 'Settle a fraud case',
  description: 'Releases the payouts that a confirmed case holds.',
  params,
  body: z.strictObject({ reason: line(500) }),
  status: 200,
  answer: caseView,
  needsSecondOperator: true,
});

const reverse = writeRoute({
  path: '/backoffice/fraud-cases/{id}/reverse',
  id: 'reverseFraudCase',
  summary: 'Reverse a fraud case',
  description: 'Gives back what a confirmed case took.',
  params,
  body: z.strictObject({ reason: line(500) }),
  status: 200,
  answer: caseView,
  needsSecondOperator: true,
});

/** Where operators look at what the nights found. */
export function fraudCaseRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given, ...filter } = c.req.valid('query');
    const rows = await listCases(deps.sql, filter, { before: endOf(SCOPE, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope: SCOPE, limit: size });
    return c.json({ cases: page.map(({ evidence: _, ...rest }) => rest), nextCursor }, 200);
  });

  api.openapi(read, async (c) => {
    const fraudCase = await findCase(deps.sql, c.req.valid('param').id);
    if (fraudCase === undefined) throw notFound();
    return c.json({ ...fraudCase, attributions: await describeCaseAttributions(deps.sql, fraudCase.id) }, 200);
  });

  api.openapi(resolve, (c) => {
    const { verdict, reason } = c.req.valid('json');
    return decide(c, deps, c.req.valid('param').id, {
      action: 'resolve-fraud-case', request: { verdict, reason }, isAlone: verdict === 'dismissed',
      change: (fraudCase, operatorUserId, now) => resolveCase(fraudCase, { verdict, reason, operatorUserId }, now),
      execute: verdict === 'confirmed' ? executeVerdict : nothing,
    });
  });

  api.openapi(settle, (c) => {
    const { reason } = c.req.valid('json');
    return decide(c, deps, c.req.valid('param').id, {
      action: 'settle-fraud-case', request: { reason },
      change: (fraudCase, operatorUserId, now) => settleCase(fraudCase, { reason, operatorUserId }, now),
      execute: nothing,
    });
  });

  api.openapi(reverse, (c) => {
    const { reason } = c.req.valid('json');
    return decide(c, deps, c.req.valid('param').id, {
      action: 'reverse-fraud-case', request: { reason },
      change: (fraudCase, operatorUserId, now) => reverseCase(fraudCase, { reason, operatorUserId }, now),
      execute: undoVerdict,
    });
  });
}

/** A decision about a case: what it makes of the case, and the commissions that follow. */
interface Decision {
  readonly action: 'resolve-fraud-case' | 'settle-fraud-case' | 'reverse-fraud-case';
  readonly request: Readonly<Record<string, string>>;
  /** One operator is enough. */
  readonly isAlone?: boolean;
  readonly change: (fraudCase: FraudCase, operatorUserId: string, now: Date) => FraudCase;
  readonly execute: (tx: Tx, verdict: { readonly caseId: string; readonly now: Date }) => Promise<readonly Commission[]>;
}

const nothing = () => Promise.resolve([]);

/** Decides about a case, with what follows in the same transaction and on record. */
function decide(c: Context<Env>, deps: ApiDeps, caseId: string, decision: Decision): Promise<Response> {
  const { action, isAlone = false } = decision;
  return command(c, deps, async (context) => {
    const { tx, caller: { userId: operatorUserId }, now, traceId, emit } = context;
    const fraudCase = await findCaseToChange(tx, caseId);
    if (fraudCase === undefined) throw notFound();
    const decided = decision.change(fraudCase, operatorUserId, now);
    const request = { caseId, ...decision.request };
    const interest = await interestOf(tx, fraudCase, operatorUserId);
    await assertDisinterested(tx, operatorUserId, interest);
    const waiting = isAlone ? undefined : await awaitSecondOperator(context, { action, request, ...interest });
    if (waiting !== undefined) return waiting;
    await saveDecision(tx, decided);
    const lines = await decision.execute(tx, { caseId, now });
    emit(lines.map((line) => commissioned(line, now)));
    await recordOperatorAction(tx, { operatorUserId, action, request, outcome: { commissions: lines.length }, traceId });
    return { status: 200, body: decided };
  });
}

/** Returns who gains or loses by a case: its tenant, its ambassador or reviewer, or the operator who is of its ring. */
async function interestOf(tx: Tx, { subject: kind, subjectId }: FraudCase, operatorUserId: string) {
  if (kind === 'tenant') return { tenantId: subjectId };
  if (kind !== 'ring') return { userId: subjectId };
  return (await isRingMember(tx, subjectId, operatorUserId)) ? { userId: operatorUserId } : {};
}
