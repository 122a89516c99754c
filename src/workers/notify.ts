import { defineReaction } from '../kernel/consumers/consumer.ts';
import { Permanent } from '../kernel/errors.ts';
import { type Choice, chooseChannels } from '../notifications/choose-channels.ts';
import { reasonOf } from '../notifications/decision.ts';
import { type Channel, isUrgent } from '../notifications/template-contract.ts';
import { type Notice, type Noticed, noticed, noticeOf } from '../notifications/notices.ts';
import { requested } from '../notifications/requested.ts';
import { RenderError } from '../notifications/template-language.ts';
import { wordingFor } from '../notifications/wording.ts';
import type { Tx } from '../platform/postgres.ts';
import { listExcessConfirmations } from '../store/contacts.ts';
import { joinDigests } from '../store/digests.ts';
import { insertDecisions } from '../store/notification-decisions.ts';
import { insertNotifications, listTold, type NewNotification } from '../store/notifications.ts';
import { readTimeZones } from '../store/tenants.ts';
import type { Ports } from './ports.ts';
import { type Recipient, readRecipients } from './recipients.ts';

/** Creates what users are told of an event: the text in their inbox, and a request for each way out. */
export const notify = defineReaction<Ports, typeof noticed>({
  name: 'notify', // names its queue and its proofs: never rename
  replay: 'suppressNotifications',
  on: noticed,

  async handleBatch(events, { tx, ports, append, afterCommit }) {
    const told = events.map((event) => ({ event, notice: noticeOf(event) }));
    const userIds = told.flatMap(({ notice }) => [...notice.userIds]);
    const recipients = await readRecipients(tx, userIds, ports.channels);
    const excess = await listExcessConfirmations(tx, told.flatMap(({ notice }) => notice.confirmationId ?? []));
    const zones = await readTimeZones(tx, events.flatMap(({ tenantId }) => tenantId ?? []));
    const known = ports.isReplay === true ? await listTold(tx, events.map(({ eventId }) => eventId)) : new Set();
    const tellings: Telling[] = [];
    for (const { event, notice } of told) {
      for (const userId of notice.userIds) {
        if (known.has(`${event.eventId} ${userId}`)) continue;
        const recipient = recipients.get(userId);
        if (recipient === undefined) throw new Permanent('a user to be told has no contact');
        const timeZone = recipient.timeZone ?? zones.get(event.tenantId ?? '') ?? 'UTC';
        const isExcess = excess.has(notice.confirmationId ?? '');
        tellings.push(...(await tell({ event, notice, userId, recipient, timeZone, isExcess, ports })));
      }
    }
    await insertDecisions(tx, tellings.flatMap(decisionOf));
    const made = await gathered(tx, tellings.filter(isMade), ports.digestMs);
    const ids = await insertNotifications(tx, made.map(({ notification }) => notification));
    afterCommit(() => ports.inboxHint(userIds));
    for (const [index, { event, lane, notification: { channel, status } }] of made.entries()) {
      const notificationId = ids[index];
      if (notificationId === undefined || status !== 'queued') continue;
      const { tenantId, actorUserId, occurredAt } = event;
      append(event, ...requested(channel, { tenantId, actorUserId, occurredAt, payload: { notificationId }, lane }));
    }
  },
});

/** What becomes of one channel of one notice for one user. */
interface Telling {
  readonly event: Noticed;
  readonly userId: string;
  readonly choice: Choice;
  /** `urgent` for what must not wait; absent for what goes in the lane of its cause. */
  readonly lane?: 'urgent' | undefined;
  /** Undefined when none is made. */
  readonly notification: NewNotification | undefined;
}

interface Told {
  readonly event: Noticed;
  readonly notice: Notice;
  readonly userId: string;
  readonly recipient: Recipient;
  readonly timeZone: string;
  /** Set for a request to an address that was asked already. */
  readonly isExcess: boolean;
  readonly ports: Ports;
}

/** Every channel of the template, fixed to its current version. */
async function tell({ event, notice, userId, recipient, timeZone, isExcess, ports }: Told): Promise<readonly Telling[]> {
  const { template, category, expiresAt, appointmentId } = notice;
  const { contact: { locale, name } } = recipient;
  const unreachedBy = (channel: Channel) =>
    isExcess ? 'the address was asked already' : recipient.unreachedBy(channel, template.isConfirmation === true);
  const chosen = chooseChannels({ template, unreachedBy, isOff: (channel) => recipient.isOff(category, channel) });
  const choices = ports.isReplay === true ? chosen.map(silenced) : chosen;
  const payload = { ...notice.props(wordingFor(locale, timeZone)), recipientName: name, link: `${ports.appUrl}${notice.path}` };
  const shared = {
    eventId: event.eventId, userId, tenantId: event.tenantId, category, locale, payload, expiresAt, appointmentId,
    template: template.name, templateVersion: await ports.templates.current(template.name),
  };
  return Promise.all(choices.map(async (choice): Promise<Telling> => {
    const { channel, fate, decision } = choice;
    const telling = { event, userId, choice, lane: isUrgent(template) ? 'urgent' as const : undefined };
    if (fate === 'none') return { ...telling, notification: undefined };
    const fated = { ...shared, channel, reason: decision && fate !== 'created' ? reasonOf(decision) : undefined };
    if (fate !== 'created') return { ...telling, notification: { ...fated, status: 'suppressed' } };
    if (channel !== 'inbox') return { ...telling, notification: { ...fated, status: 'queued' } };
    return { ...telling, notification: { ...fated, ...(await inboxText(ports, shared)) } };
  }));
}

/** Of the past the inbox is told, and nothing that leaves. */
const silenced = (choice: Choice): Choice =>
  choice.channel === 'inbox' || choice.fate === 'none'
    ? choice
    : { channel: choice.channel, fate: 'suppressed', decision: { rule: 'replay', verdict: 'suppressed' } };

type Made = Telling & { readonly notification: NewNotification };
const isMade = (telling: Telling): telling is Made => telling.notification !== undefined;

function decisionOf({ event: { eventId }, userId, choice: { channel, decision } }: Telling) {
  return decision === undefined ? [] : [{ eventId, userId, channel, ...decision }];
}

/** The same, with what is gathered put into its user's open window. */
async function gathered(tx: Tx, made: readonly Made[], digestMs: number): Promise<readonly Made[]> {
  const isGathered = ({ choice }: Made) => choice.fate === 'gathered';
  const keys = made.filter(isGathered).map(({ notification: { userId, category } }) => ({ userId, category }));
  const windows = [...(await joinDigests(tx, keys, digestMs))];
  return made.map((one) => (isGathered(one) ? { ...one, notification: { ...one.notification, digestId: windows.shift() } } : one));
}

type Text = Pick<NewNotification, 'status' | 'reason' | 'body'>;
type Written = Pick<NewNotification, 'template' | 'templateVersion' | 'locale' | 'payload'>;

/** The text for the inbox; one that can't be written fails this notification alone, with the reason. */
async function inboxText({ templates }: Ports, { template, templateVersion, locale, payload }: Written): Promise<Text> {
  try {
    const request = { name: template, version: templateVersion, locale, props: payload };
    const { text } = await templates.render({ ...request, channel: 'inbox' });
    return { status: 'delivered', body: text };
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return { status: 'failed', reason: error.message };
  }
}
