import type { NewEvent, StoredEvent } from '../../events/contract/event.ts';
import type { Tx } from '../../platform/postgres.ts';
import { listExcessConfirmations } from '../../store/tenants/contacts.ts';
import { joinDigests } from './digests.ts';
import { insertDecisions } from './notification-decisions.ts';
import { insertNotifications, type NewNotification } from '../notifications.ts';
import { readTimeZones } from '../../store/tenants/tenants.ts';
import { type Choice, chooseChannels } from './choose-channels.ts';
import { reasonOf } from './decision.ts';
import type { InboxHint } from '../inbox/inbox-hint.ts';
import type { Noticed, PersonalNotice } from './notices.ts';
import { type ConfiguredChannels, type Recipient, readRecipients } from './recipients.ts';
import { requested } from '../send/requested.ts';
import { type Channel, isUrgent, readerProps } from '../templates/template-contract.ts';
import { RenderError } from '../templates/template-language.ts';
import type { Templates } from '../templates/templates.ts';
import { wordingFor } from './wording.ts';

export interface NoticePorts {
  readonly templates: Templates;
  readonly channels: ConfiguredChannels;
  readonly inboxHint: InboxHint;
  /** Base address of the links in notifications; no slash at its end. */
  readonly appUrl: string;
  /** Milliseconds for which a digest gathers. */
  readonly digestMs: number;
  /** Set while past events are handled again: only the inbox gets something. */
  readonly isReplay?: boolean;
}

interface Context {
  readonly tx: Tx;
  readonly ports: NoticePorts;
  append(cause: StoredEvent, ...events: NewEvent[]): void;
  afterCommit(hint: () => void): void;
}

/** Decides for each notice and channel, records why, and creates the notifications and the requests that follow. */
export async function createNotifications(notices: readonly PersonalNotice[], context: Context): Promise<void> {
  const { tx, ports, append, afterCommit } = context;
  const decided = await decide(notices, context);
  await insertDecisions(tx, decided.flatMap(decisionOf));
  const created = await gather(tx, decided.filter(isCreated), ports.digestMs);
  const ids = await insertNotifications(tx, created.map(({ notification }) => notification));
  afterCommit(() => ports.inboxHint(notices.map(({ userId }) => userId)));
  for (const [index, { event, lane, notification: { channel, status } }] of created.entries()) {
    const notificationId = ids[index];
    if (notificationId === undefined || status !== 'queued') continue;
    const { tenantId, actorUserId, occurredAt } = event;
    append(event, ...requested(channel, { tenantId, actorUserId, occurredAt, payload: { notificationId }, lane }));
  }
}

/** The decision on one channel of a notice. */
interface Decided {
  readonly event: Noticed;
  readonly userId: string;
  readonly choice: Choice;
  /** `urgent` for what must not wait; absent for what goes in the lane of its cause. */
  readonly lane?: 'urgent' | undefined;
  /** Undefined when none is created. */
  readonly notification: NewNotification | undefined;
}

async function decide(notices: readonly PersonalNotice[], { tx, ports }: Context): Promise<readonly Decided[]> {
  const recipients = await readRecipients(tx, notices.map(({ userId }) => userId), ports.channels);
  const excess = await listExcessConfirmations(tx, notices.flatMap(({ notice }) => notice.confirmationId ?? []));
  const zones = await readTimeZones(tx, notices.flatMap(({ event: { tenantId } }) => tenantId ?? []));
  const decided: Decided[] = [];
  for (const personal of notices) {
    const { userId, event, notice } = personal;
    const recipient = recipients.get(userId);
    if (recipient === undefined) {
      decided.push(...withoutContact(personal));
      continue;
    }
    const timeZone = recipient.timeZone ?? zones.get(event.tenantId ?? '') ?? 'UTC';
    const isExcess = excess.has(notice.confirmationId ?? '');
    decided.push(...(await decideChannels(personal, { recipient, timeZone, isExcess, ports })));
  }
  return decided;
}

/** The detail of a decision on a user of whom we know neither name nor address. */
export const NO_CONTACT = 'no contact';

const withoutContact = ({ event, userId, notice: { template } }: PersonalNotice): readonly Decided[] =>
  template.channels.map((channel) => ({
    event, userId, notification: undefined,
    choice: { channel, fate: 'none', decision: { rule: 'reach', verdict: 'suppressed', detail: NO_CONTACT } },
  }));

interface ForRecipient {
  readonly recipient: Recipient;
  readonly timeZone: string;
  /** Set for a request to an address that was asked already. */
  readonly isExcess: boolean;
  readonly ports: NoticePorts;
}

/** Decides on every channel of the template, fixed to its current version. */
async function decideChannels(
  { event, notice, userId, reader }: PersonalNotice,
  { recipient, timeZone, isExcess, ports }: ForRecipient,
): Promise<readonly Decided[]> {
  const { template, category, expiresAt, appointmentId } = notice;
  const { contact: { locale, name } } = recipient;
  const unreachedBy = (channel: Channel) =>
    isExcess ? 'the address was asked already' : recipient.unreachedBy(channel, template.isConfirmation === true);
  const chosen = chooseChannels({ template, unreachedBy, isOff: (channel) => recipient.isOff(category, channel) });
  const choices = ports.isReplay === true ? chosen.map(silence) : chosen;
  const payload = {
    ...notice.props(wordingFor(locale, timeZone)), ...readerProps(template, reader), recipientName: name, link: `${ports.appUrl}${notice.path}`,
  };
  const shared = {
    eventId: event.eventId, userId, tenantId: event.tenantId, category, locale, payload, expiresAt, appointmentId,
    template: template.name, templateVersion: await ports.templates.current(template.name),
  };
  return Promise.all(choices.map(async (choice): Promise<Decided> => {
    const { channel, fate, decision } = choice;
    const decided = { event, userId, choice, lane: isUrgent(template) ? 'urgent' as const : undefined };
    if (fate === 'none') return { ...decided, notification: undefined };
    const draft = { ...shared, channel, reason: decision && fate !== 'created' ? reasonOf(decision) : undefined };
    if (fate !== 'created') return { ...decided, notification: { ...draft, status: 'suppressed' } };
    if (channel !== 'inbox') return { ...decided, notification: { ...draft, status: 'queued' } };
    return { ...decided, notification: { ...draft, ...(await inboxText(ports, shared)) } };
  }));
}

/** Keeps what a past event would send from leaving; the inbox gets it. */
const silence = (choice: Choice): Choice =>
  choice.channel === 'inbox' || choice.fate === 'none'
    ? choice
    : { channel: choice.channel, fate: 'suppressed', decision: { rule: 'replay', verdict: 'suppressed' } };

type Created = Decided & { readonly notification: NewNotification };
const isCreated = (decided: Decided): decided is Created => decided.notification !== undefined;

function decisionOf({ event: { eventId }, userId, choice: { channel, decision } }: Decided) {
  return decision === undefined ? [] : [{ eventId, userId, channel, ...decision }];
}

/** Returns the same, with what is gathered put into its user's open window. */
async function gather(tx: Tx, created: readonly Created[], digestMs: number): Promise<readonly Created[]> {
  const isGathered = ({ choice }: Created) => choice.fate === 'gathered';
  const keys = created.filter(isGathered).map(({ notification: { userId, category } }) => ({ userId, category }));
  const windows = [...(await joinDigests(tx, keys, digestMs))];
  return created.map((one) => (isGathered(one) ? { ...one, notification: { ...one.notification, digestId: windows.shift() } } : one));
}

type Text = Pick<NewNotification, 'status' | 'reason' | 'body'>;
type Draft = Pick<NewNotification, 'template' | 'templateVersion' | 'locale' | 'payload'>;

/** Renders the text for the inbox; one that cannot be rendered fails this notification alone, with the reason. */
async function inboxText({ templates }: NoticePorts, { template, templateVersion, locale, payload }: Draft): Promise<Text> {
  try {
    const request = { name: template, version: templateVersion, locale, props: payload };
    const { text } = await templates.render({ ...request, channel: 'inbox' });
    return { status: 'delivered', body: text };
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return { status: 'failed', reason: error.message };
  }
}
