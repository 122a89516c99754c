import { templateContracts } from '../../templates/index.ts';
import { notificationFailed } from '../events/notification-failed.ts';
import { defineEffect, type Effect } from '../kernel/consumer.ts';
import { RetryLater } from '../kernel/errors.ts';
import type { Contract, Event } from '../kernel/event.ts';
import type { Outcome, OutwardChannel } from '../notifications/channel.ts';
import { maySend } from '../notifications/may-send.ts';
import type { Rendered } from '../notifications/render.ts';
import { RenderError } from '../notifications/template-language.ts';
import { type Appended, append } from '../outbox/append.ts';
import { Outage } from '../platform/outage.ts';
import type { Db } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import { beginSending, endSending, type Sending, type SendingEnd, type SendingRow } from '../store/sending.ts';
import type { OutwardChannels, Ports } from './ports.ts';

const TIMEOUT_MS = 25_000;
const LEASE_MS = TIMEOUT_MS + 5_000; // beyond it, an attempt that has not reported back never will

const MOST_REFUSALS = 8; // below the consumer's attempts: what a provider refuses is no dead letter of ours

const contractOf = (template: string) => templateContracts.find(({ name }) => name === template);
const resendUnknown = (template: string) => contractOf(template)?.onUnknown === 'resend';
const isMandatory = (template: string) => ['legal', 'critical'].includes(contractOf(template)?.importance ?? '');
const mayLeave = (row: SendingRow) => maySend({ ...row, importance: contractOf(row.template)?.importance ?? 'normal' });

type Requested = Event<string, { readonly notificationId: string }>;

/** What is particular to a channel. */
export interface Delivery<Name extends keyof OutwardChannels, Address> {
  /** Names its queue and its proofs: never rename. */
  readonly name: string;
  readonly on: Contract<string, Requested['payload']>;
  readonly channel: Name;
  /** The channel of this process; undefined where it is not configured. */
  open(channels: OutwardChannels): OutwardChannel<Address, Rendered[Name]> | undefined;
  /** Where the user is reached now. */
  addressesOf(db: Db, userId: string, channels: OutwardChannels): Promise<readonly Address[]>;
  /** Drops addresses that are nobody's any more. */
  forget?(db: Db, gone: readonly Address[]): Promise<void>;
  /** Called once an attempt was accepted. */
  onSent?(): void;
}

/** Makes the consumer that sends a channel's notifications, each attempt on record before it begins. */
export function deliver<Name extends keyof OutwardChannels, Address>(delivery: Delivery<Name, Address>): Effect<Ports> {
  const { name, on, channel } = delivery;
  return defineEffect<Ports, [typeof on]>({
    name,
    on: [on],
    timeoutMs: TIMEOUT_MS,

    async perform(event, { sql, ports, signal }) {
      if (delivery.open(ports.channels) === undefined) throw new Outage(`${channel}: not configured in this process`);
      const { notificationId } = event.payload;
      const options = { leaseMs: LEASE_MS, perHour: ports.perHour, resendUnknown, mayLeave };
      const claim = await beginSending(sql, notificationId, options);
      if (claim.state === 'busy') throw new RetryLater(claim.forMs, 'another attempt may still be under way');
      if (claim.state === 'settled') return;
      const { sending } = claim;
      const outcome = await send(delivery, { db: sql, ports, sending, signal });
      if (outcome.outcome === 'sent') delivery.onSent?.();
      const end = endOf(outcome, sending);
      await transaction(sql, async (tx) => {
        const isOver = await endSending(tx, sending, end);
        if (isOver && end.status === 'failed') await append(tx, failedOf(event));
      });
      if (outcome.outcome === 'unreachable') throw new Outage(`${channel}: ${outcome.reason}`);
      if (outcome.outcome === 'limited' && outcome.everyone) throw new Outage(`${channel}: ${outcome.reason}`, { forMs: outcome.retryAfterMs });
      if (outcome.outcome === 'limited') throw new RetryLater(outcome.retryAfterMs, `${channel}: ${outcome.reason}`);
      if (end.status === 'queued') throw new Error(`${channel} not accepted: ${end.detail ?? outcome.outcome}`);
    },
  });
}

function failedOf({ eventId: causationId, correlationId, traceparent, tenantId, payload: { notificationId } }: Requested): Appended {
  const event = notificationFailed({ tenantId, occurredAt: new Date(), payload: { notificationId } });
  return { event, origin: { causationId, correlationId, traceparent } };
}

interface Attempt {
  readonly db: Db;
  readonly ports: Ports;
  readonly sending: Sending;
  readonly signal: AbortSignal;
}

/** Renders once, and sends to every address of the user. */
async function send<Name extends keyof OutwardChannels, Address>(
  { channel: channelName, open, addressesOf, forget }: Delivery<Name, Address>,
  { db, ports: { templates, channels, unsubscribeUrl: unsubscribeUrlOf }, sending, signal }: Attempt,
): Promise<Outcome> {
  const { id: notificationId, userId, template: name, templateVersion: version, locale, payload: props } = sending;
  const channel = open(channels);
  const addresses = await addressesOf(db, userId, channels);
  if (channel === undefined || addresses.length === 0) return refused('the user has no address');
  try {
    const content = await templates.render({ name, version, locale, channel: channelName, props });
    const unsubscribeUrl = isMandatory(name) ? undefined : unsubscribeUrlOf(notificationId);
    const message = { notificationId, template: name, content, link: linkOf(props), unsubscribeUrl, signal };
    const outcomes = await Promise.all(addresses.map((to) => channel.send({ ...message, to })));
    await forget?.(db, addresses.filter((_, index) => isGone(outcomes[index])));
    return best(outcomes);
  } catch (error) {
    if (error instanceof RenderError) return refused(error.message);
    throw error;
  }
}

const refused = (reason: string): Outcome => ({ outcome: 'rejected', permanent: true, reason });

const isGone = (outcome: Outcome | undefined) => outcome?.outcome === 'rejected' && outcome.gone === true;

function linkOf(props: unknown): string | undefined {
  const link = props instanceof Object && 'link' in props ? props.link : undefined;
  return typeof link === 'string' ? link : undefined;
}

/** What makes the most of it, first: one address that accepted is enough; one that nobody knows of may have. */
const RANK = ['sent', 'unknown', 'limited', 'unreachable', 'rejected'] as const;

function best(outcomes: readonly Outcome[]): Outcome {
  const rank = (outcome: Outcome) =>
    RANK.indexOf(outcome.outcome) + (outcome.outcome === 'rejected' && outcome.permanent ? 1 : 0);
  return outcomes.reduce((one, other) => (rank(other) < rank(one) ? other : one));
}

/**
 * A definite refusal ends the notification, unless nobody knows what became of an earlier attempt; what may succeed is
 * queued again, for some attempts, and what nobody knows by the template's policy.
 */
function endOf(outcome: Outcome, { template, refusals, isDoubtful }: Sending): SendingEnd {
  const isLast = refusals + 1 >= MOST_REFUSALS;
  switch (outcome.outcome) {
    case 'sent':
      return { outcome: 'sent', status: 'sent', providerId: outcome.providerId };
    case 'rejected': {
      const isOver = outcome.permanent || isLast;
      return { outcome: 'rejected', status: isOver ? (isDoubtful ? 'unknown' : 'failed') : 'queued', detail: outcome.reason };
    }
    case 'limited':
    case 'unreachable':
      return { outcome: outcome.outcome, status: 'queued', detail: outcome.reason };
    case 'unknown':
      return { outcome: 'unknown', status: resendUnknown(template) && !isLast ? 'queued' : 'unknown', detail: outcome.reason };
  }
}
