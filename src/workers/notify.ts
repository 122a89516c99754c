import { emailRequested } from '../events/email-requested.ts';
import { defineReaction } from '../kernel/consumer.ts';
import { Permanent } from '../kernel/errors.ts';
import { type Notice, type Noticed, noticed, noticeOf } from '../notifications/notices.ts';
import { RenderError } from '../notifications/template-language.ts';
import { wordingFor } from '../notifications/wording.ts';
import { type Contact, readContacts } from '../store/contacts.ts';
import { insertNotifications, type NewNotification } from '../store/notifications.ts';
import { readTimeZones } from '../store/tenants.ts';
import type { Ports } from './ports.ts';

/** Creates what users are told of an event: the text in their inbox, and a request for each mail. */
export const notify = defineReaction<Ports, typeof noticed>({
  name: 'notify', // names its queue and its proofs: never rename
  on: noticed,

  async handleBatch(events, { tx, ports, append }) {
    const told = events.map((event) => ({ event, notice: noticeOf(event) }));
    const contacts = await readContacts(tx, told.flatMap(({ notice }) => [...notice.userIds]));
    const zones = await readTimeZones(tx, events.flatMap(({ tenantId }) => tenantId ?? []));
    const notifications: NewNotification[] = [];
    const causes: Noticed[] = [];
    for (const { event, notice } of told) {
      for (const userId of notice.userIds) {
        const contact = contacts.get(userId);
        if (contact === undefined) throw new Permanent('a user to be told has no contact');
        const props = notice.props(wordingFor(contact.locale, zones.get(event.tenantId ?? '') ?? 'UTC'));
        const made = await notificationsFor({ event, notice, userId, contact, props, ports });
        notifications.push(...made);
        causes.push(...made.map(() => event));
      }
    }
    const ids = await insertNotifications(tx, notifications);
    for (const [index, { channel }] of notifications.entries()) {
      const [cause, notificationId] = [causes[index], ids[index]];
      if (channel !== 'email' || cause === undefined || notificationId === undefined) continue;
      const { tenantId, actorUserId, occurredAt } = cause;
      append(cause, emailRequested({ tenantId, actorUserId, occurredAt, payload: { notificationId } }));
    }
  },
});

interface Telling {
  readonly event: Noticed;
  readonly notice: Notice;
  readonly userId: string;
  readonly contact: Contact;
  readonly props: Readonly<Record<string, string>>;
  readonly ports: Ports;
}

/** One notification per channel of the template, fixed to its current version. */
async function notificationsFor({ event, notice, userId, contact, props, ports }: Telling): Promise<NewNotification[]> {
  const { name, channels } = notice.template;
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
