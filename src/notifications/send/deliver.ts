import { templateContracts } from '../../../templates/index.ts';
import { notificationFailed } from '../../events/notification-failed.ts';
import { defineOutbound, type Claim, type Outbound, type OutboundContext } from '../../kernel/consumers/consumer.ts';
import type { Contract } from '../../events/contract/event.ts';
import type { Outcome, OutwardChannel } from '../channels/channel.ts';
import { endOfAttempt } from './end-of-attempt.ts';
import { maySend } from './may-send.ts';
import type { Rendered } from '../templates/render.ts';
import { readerOf } from '../templates/template-contract.ts';
import { RenderError } from '../templates/template-language.ts';
import { Unavailable } from '../../platform/unavailable.ts';
import type { Db } from '../../platform/postgres.ts';
import { endSending, type SendingEnd } from './end-sending.ts';
import { beginSending, type Sending, type SendingRow } from './sending.ts';
import type { OutwardChannels, SendPorts } from './send-ports.ts';

const TIMEOUT_MS = 25_000;
const MARGIN_MS = 5_000; // beyond it, an attempt that has not reported back never will
const SAME_MS = 1_000; // until another request for the same notification is looked at

const contracts = new Map(templateContracts.map((contract) => [contract.name, contract]));
const contractOf = (template: string) => contracts.get(template);
const resendUnknown = (template: string) => contractOf(template)?.onUnknown === 'resend';
const isMandatory = (template: string) => ['legal', 'critical'].includes(contractOf(template)?.importance ?? '');
const mayLeave = (row: SendingRow) => maySend({ ...row, importance: contractOf(row.template)?.importance ?? 'normal' });

/** What is particular to a channel. */
export interface Delivery<Name extends keyof OutwardChannels, Address> {
  /** Names its queue and its proofs: never rename. */
  readonly name: string;
  readonly on: Contract<string, { readonly notificationId: string }>;
  readonly channel: Name;
  /** The channel of this process; undefined where it is not configured. */
  open(channels: OutwardChannels): OutwardChannel<Address, Rendered[Name]> | undefined;
  /** Where users are reached now, by user id. */
  addressesOf(db: Db, userIds: readonly string[], channels: OutwardChannels): Promise<ReadonlyMap<string, readonly Address[]>>;
  /** Reads the addresses that open requests to confirm one are for, by the request's id. */
  addressesToConfirm?(db: Db, confirmationIds: readonly string[]): Promise<ReadonlyMap<string, Address>>;
  /** Drops addresses that are nobody's any more. */
  forget?(db: Db, gone: readonly Address[]): Promise<void>;
  /** Milliseconds until an attempt that has not ended is given up. */
  readonly timeoutMs?: number;
  /** Deliveries that one batch carries at most. */
  readonly batchLimit?: number;
  /** Milliseconds for which a notification waits that its provider puts off, before it is given up. */
  readonly longestWaitMs: number;
  /** Called once an attempt was accepted. */
  onSent?(): void;
}

interface Task<Address> {
  readonly sending: Sending;
  readonly addresses: readonly Address[];
}

interface End<Address> {
  readonly ended: SendingEnd;
  /** Nobody's any more. */
  readonly gone: readonly Address[];
}

/** Makes the consumer that sends a channel's notifications, each attempt on record before it begins. */
export function deliver<Name extends keyof OutwardChannels, Address>(delivery: Delivery<Name, Address>): Outbound<SendPorts> {
  const { name, on, channel, timeoutMs = TIMEOUT_MS, batchLimit } = delivery;
  return defineOutbound<SendPorts, [typeof on], Task<Address>, End<Address>>({
    name,
    on: [on],
    timeoutMs,
    ...(batchLimit !== undefined && { batchLimit }),
    capacity: ({ channels }) => delivery.open(channels)?.capacity,

    async claim(events, { tx, ports }) {
      if (delivery.open(ports.channels) === undefined) throw new Unavailable(`${channel}: not configured in this process`);
      const ids = [...new Set(events.map(({ payload }) => payload.notificationId))];
      const begun = await beginSending(tx, ids, { leaseMs: timeoutMs + MARGIN_MS, perHour: ports.perHour, resendUnknown, mayLeave });
      const sendings = [...begun.values()].flatMap((claim) => (claim.state === 'mine' ? claim.sending : []));
      const addresses = await readAddresses(delivery, sendings, { db: tx, channels: ports.channels });
      return new Map(events.map(({ eventId, payload: { notificationId } }): [string, Claim<Task<Address>>] => {
        const claim = begun.get(notificationId);
        begun.set(notificationId, { state: 'busy', forMs: SAME_MS });
        if (claim === undefined || claim.state === 'settled') return [eventId, { state: 'done' }];
        if (claim.state === 'busy') return [eventId, { state: 'later', delayMs: claim.forMs, reason: 'another attempt may still be under way' }];
        const { sending } = claim;
        return [eventId, { state: 'mine', task: { sending, addresses: addresses.get(sending.id) ?? [] } }];
      }));
    },

    async perform(task, context) {
      const { outcome, gone } = await send(delivery, task, context);
      context.ports.onAttempt(channel, outcome.outcome);
      if (outcome.outcome === 'sent') delivery.onSent?.();
      const { sending } = task;
      const { end, error } = endOfAttempt(outcome, {
        ...sending, channel, resendsUnknown: resendUnknown(sending.template), longestWaitMs: delivery.longestWaitMs,
      });
      return { end: { ended: end, gone }, error };
    },

    async settle(all, { tx, append }) {
      const failed = await endSending(tx, all.map(({ task: { sending }, end }) => ({ ...sending, end: end.ended })));
      await delivery.forget?.(tx, all.flatMap(({ end }) => end.gone));
      for (const { event, task } of all.filter(({ task: { sending } }) => failed.has(sending.id))) {
        const payload = { notificationId: task.sending.id };
        append(event, notificationFailed({ tenantId: event.tenantId, occurredAt: new Date(), payload }));
      }
    },
  });
}

/** Reads where each notification goes, by its id: to its user, or to the address that its user is to confirm. */
async function readAddresses<Name extends keyof OutwardChannels, Address>(
  { addressesOf, addressesToConfirm }: Delivery<Name, Address>,
  sendings: readonly Sending[],
  { db, channels }: { readonly db: Db; readonly channels: OutwardChannels },
): Promise<ReadonlyMap<string, readonly Address[]>> {
  const confirmationIds = sendings.flatMap((sending) => confirmationOf(sending) ?? []);
  const ofUsers = await addressesOf(db, sendings.map(({ userId }) => userId), channels);
  const pending = confirmationIds.length === 0 ? undefined : await addressesToConfirm?.(db, confirmationIds);
  return new Map(sendings.map((sending) => {
    const confirmationId = confirmationOf(sending);
    if (confirmationId === undefined) return [sending.id, ofUsers.get(sending.userId) ?? []];
    const address = pending?.get(confirmationId);
    return [sending.id, address === undefined ? [] : [address]];
  }));
}

/** Returns the id of the confirmation that a notification asks for. */
function confirmationOf({ template, payload }: Pick<Sending, 'template' | 'payload'>): string | undefined {
  return contractOf(template)?.isConfirmation === true ? textOf(payload, 'confirmationId') : undefined;
}

/** Renders once, and sends to every address of the user. */
async function send<Name extends keyof OutwardChannels, Address>(
  { channel: channelName, open }: Delivery<Name, Address>,
  { sending, addresses }: Task<Address>,
  { ports: { templates, channels, confirmationSecrets, unsubscribeUrl: unsubscribeUrlOf }, signal }: OutboundContext<SendPorts>,
): Promise<{ readonly outcome: Outcome; readonly gone: readonly Address[] }> {
  const { id: notificationId, template: name, templateVersion: version, locale, payload } = sending;
  const channel = open(channels);
  const confirmationId = confirmationOf(sending);
  if (channel === undefined || addresses.length === 0) return refused('the user has no address');
  try {
    const secrets = confirmationId === undefined ? {} : confirmationSecrets(confirmationId);
    const unsubscribeUrl = isMandatory(name) ? undefined : unsubscribeUrlOf(notificationId);
    const props = { ...(payload as object), ...secrets, unsubscribeUrl };
    const content = await templates.render({ name, version, locale, channel: channelName, props });
    const reader = readerOf(contractOf(name) ?? {}, payload);
    const message = { notificationId, template: name, reader, content, link: textOf(props, 'link'), unsubscribeUrl, signal };
    const outcomes = await Promise.all(addresses.map((to) => channel.send({ ...message, to })));
    return { outcome: best(outcomes), gone: addresses.filter((_, index) => isGone(outcomes[index])) };
  } catch (error) {
    if (error instanceof RenderError) return refused(error.message);
    throw error;
  }
}

const refused = (reason: string) => ({ outcome: { outcome: 'rejected', reason } as const, gone: [] });

const isGone = (outcome: Outcome | undefined) => outcome?.outcome === 'rejected' && outcome.gone === true;

function textOf(props: unknown, name: string): string | undefined {
  const text = props instanceof Object ? (props as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** What makes the most of it, first: one address that accepted is enough; one that nobody knows of may have. */
const RANK = ['sent', 'unknown', 'unauthorized', 'limited', 'unavailable', 'unreachable', 'deferred', 'rejected'] as const;

/** Returns what decides of the outcomes at several addresses: what holds the channel before what one of many says. */
function best(outcomes: readonly Outcome[]): Outcome {
  const rank = (outcome: Outcome) =>
    RANK.indexOf('isOneOfMany' in outcome && outcome.isOneOfMany === true ? 'deferred' : outcome.outcome);
  return outcomes.reduce((one, other) => (rank(other) < rank(one) ? other : one));
}
