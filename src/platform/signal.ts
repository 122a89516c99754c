import { channel } from 'node:diagnostics_channel';

/** The moments a test waits for and a chaos campaign strikes at. Nobody listens in production. */
export const moments = Object.freeze([
  'relay.published', 'relay.queue-added', 'relay.added',
  'reaction.before', 'reaction.inside', 'reaction.committed',
  'effect.before', 'mail.accepted', 'effect.performed',
  'job.held', 'job.chunk',
] as const);
export type Moment = (typeof moments)[number];

/** Says that a moment has come, on the diagnostics channel `columna:<moment>`; free when nobody subscribed. */
export function signal(moment: Moment): void {
  const listeners = channel(`columna:${moment}`);
  if (listeners.hasSubscribers) listeners.publish(moment);
}
