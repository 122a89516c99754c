import { moderationActionTaken } from '../../events/moderation-action-taken.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { take, type Machine } from '../machine.ts';

/** Whether the public sees something. */
export type Visibility = 'visible' | 'hidden' | 'banned';
export type ModerationStep = 'hide' | 'restore' | 'ban';

/** Hiding can be undone; a ban is for good. */
export const visibility: Machine<Visibility, ModerationStep> = Object.freeze({
  visible: { hide: 'hidden', ban: 'banned' },
  hidden: { restore: 'visible', ban: 'banned' },
  banned: {},
});

/** Something that operators watch over. */
export interface Moderated {
  readonly target: 'review' | 'listing';
  readonly id: string;
  readonly tenantId: string;
  readonly status: Visibility;
}

export interface ModerationAction {
  readonly id: string;
  readonly step: ModerationStep;
  readonly reason: string;
  readonly operatorUserId: string;
}

/**
 * An operator decides what the public sees.
 * @throws {IllegalTransition} when it is that way already, or banned.
 */
export function moderate(
  { target, id: targetId, tenantId, status }: Moderated,
  { id: actionId, step, reason, operatorUserId }: ModerationAction,
  now: Date,
): { readonly status: Visibility; readonly events: readonly NewEvent[] } {
  const next = take(visibility, step, { thing: target, state: status });
  const payload = { actionId, tenantId, target, targetId, action: step, reason };
  const taken = moderationActionTaken({ tenantId, actorUserId: operatorUserId, occurredAt: now, payload });
  return { status: next, events: [taken] };
}
