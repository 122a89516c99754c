import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { code, cursor, flag, limit, line, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { findMismatch, listMismatches, listMismatchSteps, MISMATCH_KINDS } from '../../store/payments/payment-mismatches.ts';
import { recordingOf } from '../kit/recording.ts';
import { resolveByReason } from './resolve-mismatch.ts';

const PATH = '/backoffice/payment-mismatches';

const kinds = z.enum(MISMATCH_KINDS);
const minor = z.string().nullable();
const currency = z.string().nullable();
const amounts = { oursMinor: minor, oursCurrency: currency, theirsMinor: minor, theirsCurrency: currency } as const;

const mismatch = z.object({
  mismatchId: uuid, provider: z.string(), providerPaymentId: z.string(), kind: kinds, reportId: uuid.nullable(), webhookId: z.string().nullable(),
  detail: z.string().nullable(), ...amounts,
  foundAt: z.iso.datetime(), changedAt: z.iso.datetime(), resolvedAt: z.iso.datetime().nullable(),
  resolvedBy: z.enum(['facts', 'operator']).nullable(), resolutionReason: z.string().nullable(),
}).openapi('PaymentMismatch');

const list = readRoute({
  path: PATH,
  id: 'listPaymentMismatches',
  summary: 'List payment mismatches',
  description:
    'Payments that do not agree with what providers report. Open ones, unless `open` is false.',
  params: none,
  query: z.strictObject({
    provider: code.optional(), kind: kinds.optional(), open: flag(true), limit, cursor,
  }),
  answer: z.object({ mismatches: z.array(mismatch), nextCursor: z.string().nullable() }),
});

const params = z.object({ id: uuid });

const read = readRoute({
  path: `${PATH}/{id}`,
  id: 'getPaymentMismatch',
  summary: 'Get a payment mismatch',
  description: 'With its last 100 changes, newest first.',
  params,
  query: none,
  answer: mismatch.extend({
    changes: z.array(z.object({
      change: z.enum(['found', 'changed', 'resolved', 'reopened']), at: z.iso.datetime(), reportId: uuid.nullable(), ...amounts,
      actionId: uuid.nullable(),
    }).openapi('PaymentMismatchChange')),
  }).openapi('PaymentMismatchDetail'),
});

const resolve = writeRoute({
  path: `${PATH}/{id}/resolve`,
  id: 'resolvePaymentMismatch',
  summary: 'Resolve a payment mismatch',
  description: 'It opens again when its amounts change.',
  params,
  body: z.strictObject({ reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid }),
});

const position = z.tuple([uuid]);
const SCOPE = 'payment mismatches';

/** Registers the routes of what does not agree between our payments and providers' reports. */
export function paymentMismatchRoutes(api: Api, deps: ApiDeps): void {
  const { sql } = deps;
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given, provider, kind, open } = c.req.valid('query');
    const [after] = given === undefined ? [] : readCursor(SCOPE, position, given);
    const rows = await listMismatches(sql, { provider, kind, open, after, limit: size + 1 });
    const mismatches = rows.slice(0, size);
    const last = rows.length > size ? mismatches.at(-1) : undefined;
    return c.json({ mismatches, nextCursor: last === undefined ? null : writeCursor(SCOPE, [last.mismatchId]) }, 200);
  });

  api.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const mismatch = await findMismatch(sql, id);
    if (mismatch === undefined) throw notFound();
    return c.json({ ...mismatch, changes: await listMismatchSteps(sql, id) }, 200);
  });

  api.openapi(resolve, (c) => {
    const resolution = { id: c.req.valid('param').id, reason: c.req.valid('json').reason };
    return command(c, deps, async (context) => ({ status: 200, body: { actionId: await resolveByReason(recordingOf(context), resolution) } }));
  });
}
