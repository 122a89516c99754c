import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { limit } from '../../api/http/fields.ts';
import { none, readRoute } from '../../api/http/route.ts';
import { listUsedBounds } from '../../store/operations/bounds.ts';

const list = readRoute({
  path: '/backoffice/bounds',
  id: 'listBounds',
  summary: 'List bounds',
  description: 'People who nearly used up a bound on what one person causes for others. The closest come first.',
  params: none,
  query: z.strictObject({ limit }),
  answer: z.object({
    bounds: z.array(
      z.object({ bound: z.string(), subject: z.string(), windowEnd: z.iso.datetime(), used: z.int(), allowed: z.int() }),
    ),
  }),
});

/** The bounds by HTTP. */
export function boundRoutes(api: Api, { sql }: ApiDeps): void {
  api.openapi(list, async (c) => c.json({ bounds: await listUsedBounds(sql, c.req.valid('query').limit) }, 200));
}
