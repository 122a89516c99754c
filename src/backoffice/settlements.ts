import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../api/context.ts';
import { Problem } from '../api/problem.ts';
import { isUtf8Of } from '../platform/content-type.ts';
import { transaction } from '../platform/transaction.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { RefusedReport } from '../store/read-report.ts';
import { SETTLEMENT_COLUMNS } from '../store/settlement-line.ts';
import { findTaken, incoming, takeReport } from '../store/take-report.ts';

const PATH = '/backoffice/settlement-reports';
const TIMEOUT_MS = 600_000;

const asked = z.strictObject({
  provider: z.enum(['sandpay']), // names in tables: never rename
  periodStart: z.iso.date(),
  periodEnd: z.iso.date(),
});

/** Where operators bring providers' settlement reports, and read what does not agree. */
export function settlementRoutes(api: Api, { sql }: ApiDeps): void {
  describe(api);

  api.post(PATH, async (c) => {
    const read = asked.safeParse(c.req.query());
    if (!read.success || read.data.periodEnd < read.data.periodStart) {
      throw new Problem(422, 'The query names a provider, and from when until when: provider, periodStart, periodEnd.');
    }
    if (!isUtf8Of('text/csv', c.req.header('Content-Type'))) {
      throw new Problem(415, 'The body has to be text/csv in UTF-8.');
    }
    const { body } = c.req.raw;
    if (body === null) throw new Problem(400, 'The body is missing.');
    const { userId: operatorUserId } = c.get('caller');
    c.env?.extendRequest?.(TIMEOUT_MS);
    const report = incoming(read.data, Readable.fromWeb(body as ReadableStream));
    try {
      const taken = await transaction(sql, async (tx) => {
        const { id, lines } = await takeReport(tx, report);
        await recordOperatorAction(tx, {
          operatorUserId, action: 'load-settlement-report', request: { ...read.data, reportId: id }, outcome: { lines },
          traceId: c.get('trace').traceId,
        });
        return { id, lines };
      }, { timeoutMs: TIMEOUT_MS });
      return c.json({ ...taken, known: false }, 201);
    } catch (error) {
      const known = await findTaken(sql, report, error).catch(refuse);
      return c.json({ ...known, known: true }, 200);
    }
  });
}

/** A refusal as the asker is told; anything else as it is. */
function refuse(error: unknown): never {
  if (!(error instanceof RefusedReport)) throw error;
  const { message: detail, line } = error;
  if (line === undefined) throw new Problem(413, `Nothing was taken: ${detail}.`);
  const errors = [{ in: 'body', pointer: '', detail }] as const;
  throw new Problem(422, `Nothing was taken: ${detail}. Each line has ${SETTLEMENT_COLUMNS.join(', ')}.`, { errors });
}

/** The reference's page of it; the route itself streams. */
function describe(api: Api): void {
  api.openAPIRegistry.registerPath({
    method: 'post',
    path: PATH,
    tags: ['backoffice'],
    security: [{ bearer: [] }],
    summary: 'Bring a provider’s settlement report; the same bytes for the same period change nothing',
    description: `CSV in UTF-8 with the header \`${SETTLEMENT_COLUMNS.join(',')}\`, separated by commas, semicolons or tabs. Amounts are whole numbers of minor units; days are UTC’s, such as \`2026-06-05\`. A refusal names the line. Below zero is a refund, zero a fee. At most 512 MB, in at most 10 minutes.`,
    request: { query: asked, body: { required: true, content: { 'text/csv': { schema: z.string() } } } },
    responses: {
      201: { description: 'Taken' }, 200: { description: 'Taken before' }, default: { description: 'A problem' },
    },
  });
}
