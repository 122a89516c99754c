import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, writeRoute } from '../../api/http/route.ts';
import { assertDisinterested } from '../../api/http/second-operator.ts';
import { moderate } from '../../domain/listings/moderation.ts';
import { findListingToChange, saveListingStatus } from '../../store/listings/listings.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findReviewToChange, saveReviewStatus } from '../../store/service/reviews.ts';

/** How each kind of thing is found, held, and changed. */
const targets = Object.freeze({
  listing: { find: findListingToChange, save: saveListingStatus },
  review: { find: findReviewToChange, save: saveReviewStatus },
});

const act = writeRoute({
  path: '/backoffice/moderation',
  id: 'moderateContent',
  summary: 'Moderate a review or a listing',
  description: 'Hides, restores or bans it. A ban is final.',
  problems: [404],
  params: none,
  body: z.strictObject({
    target: z.enum(['review', 'listing']),
    targetId: uuid,
    action: z.enum(['hide', 'restore', 'ban']),
    reason: line(500),
  }),
  status: 200,
  answer: z.object({
    actionId: uuid,
    target: z.enum(['review', 'listing']),
    targetId: uuid,
    status: z.enum(['visible', 'hidden', 'banned']),
  }),
});

/** The operators' path to what the public sees. */
export function moderationRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(act, (c) => {
    const { target, targetId, action: step, reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId, emit }) => {
      const { find, save } = targets[target];
      const found = await find(tx, targetId);
      if (found === undefined) throw notFound();
      await assertDisinterested(tx, operatorUserId, { tenantId: found.tenantId });
      const request = { target, targetId, action: step, reason };
      const record = { operatorUserId, action: 'moderate', request, outcome: { from: found.status }, traceId } as const;
      const actionId = await recordOperatorAction(tx, record);
      const decided = moderate({ ...found, target }, { id: actionId, step, reason, operatorUserId }, now);
      await save(tx, targetId, decided.status);
      emit(decided.events);
      return { status: 200, body: { actionId, target, targetId, status: decided.status } };
    });
  });
}
