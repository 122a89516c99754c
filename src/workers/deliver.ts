import { templateContracts } from '../../templates/index.ts';
import { defineEffect, type Effect } from '../kernel/consumer.ts';
import { Outage, RetryLater } from '../kernel/errors.ts';
import type { Contract } from '../kernel/event.ts';
import type { Outcome, OutwardChannel } from '../notifications/channel.ts';
import type { Rendered } from '../notifications/render.ts';
import { RenderError } from '../notifications/template-language.ts';
import type { Db } from '../platform/postgres.ts';
import { beginSending, endSending, type Sending, type SendingEnd } from '../store/notifications.ts';
import type { OutwardChannels, Ports } from './ports.ts';

const TIMEOUT_MS = 25_000;
const LEASE_MS = TIMEOUT_MS + 5_000; // beyond it, an attempt that has not reported back never will

const resendUnknown = (template: string) =>
  templateContracts.find(({ name }) => name === template)?.onUnknown === 'resend';

/** What is particular to a channel. */
export interface Delivery<Name extends keyof OutwardChannels, Address> {
  /** Names its queue and its proofs: never rename. */
  readonly name: string;
  readonly on: Contract<string, { readonly notificationId: string }>;
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

    async perform({ payload }, { sql, ports, signal }) {
      if (delivery.open(ports.channels) === undefined) throw new Outage(`${channel}: not configured in this process`);
      const claim = await beginSending(sql, payload.notificationId, { leaseMs: LEASE_MS, resendUnknown });
      if (claim.state === 'busy') throw new RetryLater(claim.forMs, 'another attempt may still be under way');
      if (claim.state === 'settled') return;
      const outcome = await send(delivery, { db: sql, ports, sending: claim.sending, signal });
      if (outcome.outcome === 'sent') delivery.onSent?.();
      const end = endOf(outcome, resendUnknown(claim.sending.template));
      await endSending(sql, claim.sending, end);
      if (outcome.outcome === 'unreachable') throw new Outage(`${channel}: ${outcome.reason}`);
      if (outcome.outcome === 'limited') throw new RetryLater(outcome.retryAfterMs, `${channel}: ${outcome.reason}`);
      if (end.status === 'queued') throw new Error(`${channel} not accepted: ${end.detail ?? outcome.outcome}`);
    },
  });
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
  { db, ports: { templates, channels }, sending, signal }: Attempt,
): Promise<Outcome> {
  const { id: notificationId, userId, template: name, templateVersion: version, locale, payload: props } = sending;
  const channel = open(channels);
  const addresses = await addressesOf(db, userId, channels);
  if (channel === undefined || addresses.length === 0) return refused('the user has no address');
  try {
    const content = await templates.render({ name, version, locale, channel: channelName, props });
    const link = linkOf(props);
    const outcomes = await Promise.all(
      addresses.map((to) => channel.send({ notificationId, to, template: name, content, link, signal })),
    );
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

/** A definite refusal ends the notification; what may succeed is queued again, what nobody knows by the template's policy. */
function endOf(outcome: Outcome, resend: boolean): SendingEnd {
  switch (outcome.outcome) {
    case 'sent':
      return { outcome: 'sent', status: 'sent', providerId: outcome.providerId };
    case 'rejected':
      return { outcome: 'rejected', status: outcome.permanent ? 'failed' : 'queued', detail: outcome.reason };
    case 'limited':
    case 'unreachable':
      return { outcome: outcome.outcome, status: 'queued', detail: outcome.reason };
    case 'unknown':
      return { outcome: 'unknown', status: resend ? 'queued' : 'unknown', detail: outcome.reason };
  }
}
