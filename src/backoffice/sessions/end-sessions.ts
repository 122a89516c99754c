import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { none, writeRoute } from '../../api/http/route.ts';
import { recordingOf } from '../kit/recording.ts';

const end = writeRoute({
  path: '/backoffice/sessions/end',
  id: 'endSessions',
  summary: 'End the sessions of a user',
  description: 'Tokens that were issued until now are refused.',
  params: none,
  body: z.strictObject({ userId: uuid, reason: line(500) }),
  status: 200,
  answer: z.object({ actionId: uuid }),
});

/** The operators' path to a user's sessions. */
export function endSessionRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(end, (c) => {
    const asked = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, record } = recordingOf(context);
      await deps.revocations.endAll(tx, asked.userId);
      return { status: 200, body: { actionId: await record('end-sessions', asked) } };
    });
  });
}
