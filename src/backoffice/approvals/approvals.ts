import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit, uuid } from '../../api/http/fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { anyJson } from '../../api/openapi/any-json.ts';
import { none, readRoute } from '../../api/http/route.ts';
import { listApprovals } from '../../store/operations/approvals.ts';

const SCOPE = 'approvals';

const list = readRoute({
  path: '/backoffice/approvals',
  id: 'listApprovals',
  summary: 'List approvals',
  description: 'Requests that wait for a second operator, newest first. Another operator sends the same request.',
  params: none,
  query: z.strictObject({ limit, cursor }),
  answer: z.object({
    approvals: z.array(z.object({
      id: uuid, action: z.string(), request: z.record(z.string(), anyJson),
      askedBy: uuid, askedAt: z.iso.datetime(), expiresAt: z.iso.datetime(),
    })),
    nextCursor: z.string().nullable(),
  }),
});

/** The approvals by HTTP. */
export function approvalRoutes(api: Api, { sql }: ApiDeps): void {
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given } = c.req.valid('query');
    const rows = await listApprovals(sql, { before: endOf(SCOPE, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope: SCOPE, limit: size });
    return c.json({ approvals: page, nextCursor }, 200);
  });
}
