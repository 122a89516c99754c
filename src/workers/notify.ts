import { emailRequested } from '../events/email-requested.ts';
import { pushRequested } from '../events/push-requested.ts';
import { whatsAppRequested } from '../events/whatsapp-requested.ts';
import { defineReaction } from '../kernel/consumer.ts';
import { Permanent } from '../kernel/errors.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type Notice, type Noticed, noticed, noticeOf } from '../notifications/notices.ts';
import type { Channel } from '../notifications/template-contract.ts';
import { RenderError } from '../notifications/template-language.ts';
import { wordingFor } from '../notifications/wording.ts';
import type { Tx } from '../platform/postgres.ts';
import { type Contact, readContacts, readWhatsAppPhones } from '../store/contacts.ts';
import { insertNotifications, type NewNotification } from '../store/notifications.ts';
import { readPushDevices } from '../store/push-devices.ts';
import { readTimeZones } from '../store/tenants.ts';
import type { OutwardChannels, Ports } from './ports.ts';

/** Creates what users are told of an event: the text in their inbox, and a request for each way out. */
export const notify = defineReaction<Ports, typeof noticed>({
  name: 'notify', // names its queue and its proofs: never rename
  on: noticed,

  async handleBatch(events, { tx, ports, append, afterCommit }) {
    const told = events.map((event) => ({ event, notice: noticeOf(event) }));
    const userIds = told.flatMap(({ notice }) => [...notice.userIds]);
    const contacts = await readContacts(tx, userIds);
    const reached = await readReached(tx, userIds, ports.channels);
    const zones = await readTimeZones(tx, events.flatMap(({ tenantId }) => tenantId ?? []));
    const notifications: NewNotification[] = [];
    const causes: Noticed[] = [];
    for (const { event, notice } of told) {
      for (const userId of notice.userIds) {
        const contact = contacts.get(userId);
        if (contact === undefined) throw new Permanent('a user to be told has no contact');
        const props = notice.props(wordingFor(contact.locale, zones.get(event.tenantId ?? '') ?? 'UTC'));
        const channels = notice.template.channels.filter((channel) => reached[channel]?.has(userId) ?? true);
        const made = await notificationsFor({ event, notice, userId, contact, channels, props, ports });
        notifications.push(...made);
        causes.push(...made.map(() => event));
      }
    }
    const ids = await insertNotifications(tx, notifications);
    afterCommit(() => ports.inboxHint(userIds));
    for (const [index, { channel }] of notifications.entries()) {
      const [cause, notificationId] = [causes[index], ids[index]];
      if (cause === undefined || notificationId === undefined) continue;
      const { tenantId, actorUserId, occurredAt } = cause;
      append(cause, ...requested(channel, { tenantId, actorUserId, occurredAt, payload: { notificationId } }));
    }
  },
});

/** What asks for the way out; the inbox is ours. */
function requested(channel: string, facts: Parameters<typeof emailRequested>[0]): NewEvent[] {
  switch (channel) {
    case 'email':
      return [emailRequested(facts)];
    case 'push':
      return [pushRequested(facts)];
    case 'whatsapp':
      return [whatsAppRequested(facts)];
    default:
      return [];
  }
}

type Reached = Partial<Record<Channel, { has(userId: string): boolean }>>;

/** Who is reached by what not everybody is reached by: nobody by a channel that is not configured. */
async function readReached(tx: Tx, userIds: readonly string[], channels: OutwardChannels): Promise<Reached> {
  return {
    push: await readPushDevices(tx, userIds, channels.push?.platforms ?? []),
    whatsapp: await readWhatsAppPhones(tx, channels.whatsapp === undefined ? [] : userIds),
  };
}

interface Telling {
  readonly event: Noticed;
  readonly notice: Notice;
  readonly userId: string;
  readonly contact: Contact;
  /** Those of the template by which the user can be reached. */
  readonly channels: readonly Channel[];
  readonly props: Readonly<Record<string, string>>;
  readonly ports: Ports;
}

/** One notification per channel, fixed to the template's current version. */
async function notificationsFor(telling: Telling): Promise<NewNotification[]> {
  const { event, notice, userId, contact, channels, props, ports } = telling;
  const { name } = notice.template;
  const templateVersion = await ports.templates.current(name);
  const { locale, name: recipientName } = contact;
  const payload = { ...props, recipientName, link: `${ports.publicUrl}${notice.path}` };
  const { eventId, tenantId } = event;
  const shared = { eventId, userId, tenantId, template: name, templateVersion, locale, payload };
  return Promise.all(
    channels.map(async (channel) => {
      if (channel !== 'inbox') return { ...shared, channel, status: 'queued' as const };
      return { ...shared, channel, ...(await inboxText(ports, { name, version: templateVersion, locale, props: payload })) };
    }),
  );
}

type InboxRequest = Omit<Parameters<Ports['templates']['render']>[0], 'channel'>;

/** The text for the inbox; one that can't be written fails this notification alone, with the reason. */
async function inboxText({ templates }: Ports, request: InboxRequest): Promise<Pick<NewNotification, 'status' | 'reason' | 'body'>> {
  try {
    const { text } = await templates.render({ ...request, channel: 'inbox' });
    return { status: 'delivered', body: text };
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return { status: 'failed', reason: error.message };
  }
}
