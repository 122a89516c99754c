import { z } from '@hono/zod-openapi';
import { command } from '../api/command.ts';
import type { Api, ApiDeps } from '../api/context.ts';
import { cursor, limit, line, uuid } from '../api/fields.ts';
import { cutPage, endOf } from '../api/page.ts';
import { notFound } from '../api/problem.ts';
import { none, readRoute, writeRoute } from '../api/route.ts';
import { type FraudCase, resolveCase } from '../domain/fraud-case.ts';
import { findCase, findCaseToChange, listCases, saveVerdict } from '../store/fraud-cases.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { awaitSecondOperator } from '../api/second-operator.ts';

const SCOPE = 'fraud cases';

const subject = z.enum(['tenant', 'ambassador', 'reviewer', 'ring']);
const status = z.enum(['open', 'dismissed', 'confirmed']);
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
});

const caseView = summary
  .extend({
    evidence: z.union([
      z.object({ components: z.record(z.string(), z.object({ value: z.int(), points: z.int() })) }),
      z.object({
        users: z.int(),
        isSelfDealing: z.boolean(),
        links: z.record(z.string(), z.int()).openapi({ description: 'How many pairs of its users share something of the kind.' }),
        members: z.array(z.object({ subject: scored, id: uuid })),
      }),
    ]),
  })
  .openapi('FraudCase');

const list = readRoute({
  path: '/backoffice/fraud-cases',
  summary: 'What the nights found suspicious, newest first',
  params: none,
  query: z.strictObject({
    subject: subject.optional(),
    status: status.optional(),
    minScore: z.coerce.number().int().min(0).max(1_000).optional(),
    limit,
    cursor,
  }),
  answer: z.object({ cases: z.array(summary), nextCursor: z.string().nullable() }),
});

const params = z.object({ id: uuid });

const read = readRoute({
  path: '/backoffice/fraud-cases/{id}',
  summary: 'A case with what speaks against its subject: a score’s components, or a ring’s members and links',
  params,
  query: none,
  answer: caseView,
});

const resolve = writeRoute({
  path: '/backoffice/fraud-cases/{id}/resolve',
  summary: 'Say what a case is; its subject is looked at again only when it becomes much graver',
  params,
  body: z.strictObject({ verdict: z.enum(['confirmed', 'dismissed']), reason: line(500) }),
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
    const found = await findCase(deps.sql, c.req.valid('param').id);
    if (found === undefined) throw notFound();
    return c.json(found, 200);
  });

  api.openapi(resolve, (c) => {
    const { id } = c.req.valid('param');
    const { verdict, reason } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, now, traceId } = context;
      const found = await findCaseToChange(tx, id);
      if (found === undefined) throw notFound();
      const resolved = resolveCase(found, { verdict, reason, operatorUserId }, now);
      const request = { caseId: id, verdict, reason };
      const asked = { action: 'resolve-fraud-case', request, ...interestOf(found) } as const;
      const waiting = verdict === 'confirmed' ? await awaitSecondOperator(context, asked) : undefined;
      if (waiting !== undefined) return waiting;
      await saveVerdict(tx, resolved);
      await recordOperatorAction(tx, { operatorUserId, action: 'resolve-fraud-case', request, outcome: {}, traceId });
      return { status: 200, body: resolved };
    });
  });
}

/** Returns who gains or loses by a case: its tenant, or its ambassador or reviewer. */
const interestOf = ({ subject: kind, subjectId }: FraudCase) =>
  kind === 'tenant' ? { tenantId: subjectId } : { userId: kind === 'ring' ? undefined : subjectId };
