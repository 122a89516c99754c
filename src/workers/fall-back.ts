import { templateContracts } from '../../templates/index.ts';
import { notificationFailed } from '../events/notification-failed.ts';
import { defineReaction } from '../kernel/consumers/consumer.ts';
import { chooseChannel } from '../notifications/decide/choose-channels.ts';
import { reasonOf } from '../notifications/decide/decision.ts';
import { readRecipients } from '../notifications/decide/recipients.ts';
import { requested } from '../notifications/send/requested.ts';
import { insertDecisions } from '../notifications/decide/notification-decisions.ts';
import { insertNotifications, readFailed } from '../notifications/notifications.ts';
import type { Ports } from './ports.ts';

/** Tells by another channel what one failed to, where the template has such a one. */
export const fallBack = defineReaction<Ports, [typeof notificationFailed]>({
  name: 'fall-back', // names its queue and its proofs: never rename
  on: [notificationFailed],

  async handle(event, { tx, ports, append }) {
    const failed = await readFailed(tx, event.payload.notificationId);
    const template = templateContracts.find(({ name }) => name === failed?.template);
    const channel = template?.fallback?.[failed?.channel as keyof typeof template.fallback];
    if (failed === undefined || template === undefined || channel === undefined) return;
    if (failed.siblings.includes(channel)) return;
    const recipient = (await readRecipients(tx, [failed.userId], ports.channels)).get(failed.userId);
    if (recipient === undefined) return;

    const { eventId, userId, tenantId, category } = failed;
    const { unreachedBy } = recipient;
    const choice = chooseChannel(channel, { template, unreachedBy, isOff: () => recipient.isOff(category, channel) });
    const decision = choice.decision ?? { rule: 'fallback', verdict: 'allowed', detail: `${failed.channel} failed` };
    await insertDecisions(tx, [{ eventId, userId, channel, ...decision }]);
    if (choice.fate === 'none') return;
    const isSent = choice.fate === 'created';
    const reason = !isSent && choice.decision ? reasonOf(choice.decision) : undefined;
    const [notificationId = ''] = await insertNotifications(tx, [
      { ...failed, channel, status: isSent ? 'queued' : 'suppressed', reason },
    ]);
    if (isSent) append(event, ...requested(channel, { tenantId, occurredAt: event.occurredAt, payload: { notificationId } }));
  },
});
