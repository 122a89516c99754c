import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { answerOf, problemsOf } from '../../api/http/answers.ts';
import type { Api, ApiDeps, Env } from '../../api/http/context.ts';
import { day } from '../../api/http/money-fields.ts';
import { uuid } from '../../api/http/fields.ts';
import { invalid, notFound, Problem } from '../../api/http/problem.ts';
import { refuse } from '../../api/http/refuse.ts';
import { isUtf8Of } from '../../platform/content-type.ts';
import { describeCallers, none, readRoute } from '../../api/http/route.ts';
import { transaction } from '../../platform/transaction.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { RefusedReport } from '../../store/payments/read-report.ts';
import { SETTLEMENT_COLUMNS } from '../../store/payments/settlement-line.ts';
import { findReportById } from '../../store/payments/settlements.ts';
import { findTaken, incoming, takeReport } from '../../store/payments/take-report.ts';

const PATH = '/backoffice/settlement-reports';
const TIMEOUT_MS = 600_000;

const asked = z.strictObject({
  provider: z.enum(['sandpay']), // names in tables: never rename
  periodStart: day,
  periodEnd: day,
});

const reportView = z
  .object({
    id: uuid,
    provider: z.string(),
    periodStart: z.iso.date(),
    periodEnd: z.iso.date(),
    lines: z.int(),
    loadedAt: z.iso.datetime(),
    reconciledAt: z.iso.datetime().nullable(),
  })
  .openapi('SettlementReport');

const loadedView = reportView
  .extend({ known: z.boolean().openapi({ description: 'True where the same bytes were loaded before.' }) })
  .openapi('LoadedSettlementReport');

const show = readRoute({
  path: `${PATH}/{id}`,
  id: 'getSettlementReport',
  summary: 'Get a settlement report',
  description: 'Its mismatches are in `/backoffice/payment-mismatches` once `reconciledAt` is set.',
  params: z.object({ id: uuid }),
  query: none,
  answer: reportView,
});

/** Where operators bring providers' settlement reports, and read what does not agree. */
export function settlementRoutes(api: Api, { sql }: ApiDeps): void {
  describe(api);

  api.post(PATH, async (c) => {
    const query = readQuery(c);
    if (!isUtf8Of('text/csv', c.req.header('Content-Type'))) {
      throw new Problem(415, 'The body must be text/csv in UTF-8.');
    }
    const { body } = c.req.raw;
    if (body === null) throw new Problem(400, 'The body is missing.');
    const { userId: operatorUserId } = c.get('caller');
    c.env?.extendRequest?.(TIMEOUT_MS);
    const report = incoming(query, Readable.fromWeb(body as ReadableStream));
    try {
      const loaded = await transaction(sql, async (tx) => {
        const { id, lines } = await takeReport(tx, report);
        await recordOperatorAction(tx, {
          operatorUserId, action: 'load-settlement-report', request: { ...query, reportId: id }, outcome: { lines },
          traceId: c.get('trace').traceId,
        });
        return id;
      }, { timeoutMs: TIMEOUT_MS });
      return c.json({ ...(await findReportById(sql, loaded)), known: false }, 201, { Location: `${PATH}/${loaded}` });
    } catch (error) {
      const { id } = await findTaken(sql, report, error).catch(refuseReport);
      return c.json({ ...(await findReportById(sql, id)), known: true }, 200);
    }
  });

  api.openapi(show, async (c) => {
    const report = await findReportById(sql, c.req.valid('param').id);
    if (report === undefined) throw notFound();
    return c.json(report, 200);
  });
}

/** @throws {Problem} 422 for a query that lacks something, repeats it, or ends before it begins. */
function readQuery(c: Context<Env>): z.infer<typeof asked> {
  const parameters = Object.entries(c.req.queries()).map(([name, [value, ...more]]) => [name, more.length > 0 ? undefined : value]);
  const read = asked.safeParse(Object.fromEntries(parameters));
  if (!read.success) {
    refuse({ success: false, target: 'query', error: read.error }, c);
    throw read.error;
  }
  if (read.data.periodEnd >= read.data.periodStart) return read.data;
  throw invalid([{ in: 'query', pointer: '/periodEnd', detail: 'must not be before periodStart' }]);
}

/** A refusal as the asker is told; anything else as it is. */
function refuseReport(error: unknown): never {
  if (!(error instanceof RefusedReport)) throw error;
  const { message: detail, line } = error;
  if (line === undefined) throw new Problem(413, `Nothing was taken: ${detail}.`);
  const errors = [{ in: 'body', pointer: '', detail }] as const;
  throw new Problem(422, `Nothing was taken: ${detail}. Each line has ${SETTLEMENT_COLUMNS.join(', ')}.`, { errors });
}

const DESCRIPTION = `CSV in UTF-8 with the header \`${SETTLEMENT_COLUMNS.join(',')}\`, separated by commas, semicolons or tabs.
Amounts are whole numbers of minor units; days are UTC’s, such as \`2026-06-05\`. A refusal names the line. Below zero is a
refund, zero a fee. At most 512 MB, in at most 10 minutes. The same bytes for the same period change nothing.`;

/** The reference's page of it; the route itself streams. */
function describe(api: Api): void {
  api.openAPIRegistry.registerPath({
    method: 'post',
    path: PATH,
    tags: ['backoffice'],
    security: [{ bearer: [] }],
    operationId: 'createSettlementReport',
    summary: 'Create a settlement report',
    request: { query: asked, body: { required: true, content: { 'text/csv': { schema: z.string() } } } },
    ...describeCallers('POST', PATH, DESCRIPTION),
    responses: {
      201: answerOf(201, loadedView),
      200: { ...answerOf(200, loadedView), description: 'Loaded before, from the same bytes' },
      ...problemsOf([400, 401, 403, 409, 413, 415, 422, 429, 503]),
    },
  });
}
